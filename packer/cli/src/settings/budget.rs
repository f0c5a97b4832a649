//! The keys of `[tool.snakecrate.budget]`.

use serde::{Deserialize, Deserializer, Serialize, de};

use super::heading;

/// The units of sizes.
const UNITS: [&str; 9] = ["B", "kB", "MB", "GB", "TB", "KiB", "MiB", "GiB", "TiB"];
/// Sizes, as the schema describes them.
const PATTERN: &str = "^[0-9]+(\\.[0-9]+)? ?(B|kB|MB|GB|TB|KiB|MiB|GiB|TiB)?$";

/// Limits of the archive: the build fails if it is over one.
#[derive(Debug, Clone, PartialEq, confique::Config)]
#[config(layer_attr(derive(Debug, Clone, PartialEq, clap::Args, schemars::JsonSchema)))]
#[config(layer_attr(derive(serde::Serialize)))]
#[config(layer_attr(serde(rename_all = "kebab-case", deny_unknown_fields)))]
#[config(layer_attr(schemars(inline)))]
pub struct Budget {
    /// Largest size of the archive, such as '20 MB' [default: any]
    #[config(layer_attr(arg(id = "budget.size", long = "budget-size", value_name = "SIZE")))]
    #[config(layer_attr(schemars(with = "Option<String>")))]
    #[config(layer_attr(schemars(extend("pattern" = PATTERN))))]
    #[config(layer_attr(arg(help_heading = heading::LIMITS)))]
    pub size: Option<Bytes>,

    /// Largest number of components in the archive [default: any]
    #[config(layer_attr(arg(id = "budget.components", long = "budget-components")))]
    #[config(layer_attr(arg(value_name = "N")))]
    #[config(layer_attr(arg(help_heading = heading::LIMITS)))]
    pub components: Option<usize>,

    /// Largest number of native libraries in the archive, extension modules included [default: any]
    #[config(layer_attr(arg(id = "budget.native_libraries", long = "budget-native-libraries")))]
    #[config(layer_attr(arg(value_name = "N")))]
    #[config(layer_attr(arg(help_heading = heading::LIMITS)))]
    pub native_libraries: Option<usize>,
}

/// The limits that one layer sets.
pub type BudgetOptions = <Budget as confique::Config>::Layer;

impl Budget {
    /// Whether there is a limit.
    pub fn is_limited(&self) -> bool {
        self.size.is_some() || self.components.is_some() || self.native_libraries.is_some()
    }
}

/// A number of bytes, as a person writes it: `20 MB`, `1.5 GiB`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bytes {
    /// The number.
    pub bytes: u64,
    text: String,
}

impl std::str::FromStr for Bytes {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let bad = || format!("`{text}` isn't a size such as '20 MB'");
        let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        let (number, unit) = text.split_at(end);
        let is_number = [number.chars().next(), number.chars().last()]
            .iter()
            .all(|c| c.is_some_and(|c| c.is_ascii_digit()));
        let is_unit = unit.is_empty() || UNITS.contains(&unit.strip_prefix(' ').unwrap_or(unit));
        if !is_number || !is_unit {
            return Err(bad());
        }
        let bytes = parse_size::parse_size(text).map_err(|_| bad())?;
        Ok(Self { bytes, text: text.to_owned() })
    }
}

impl Serialize for Bytes {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}
