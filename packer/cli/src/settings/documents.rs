//! Documents made from the declaration: help texts, the JSON schema and the table in the book.

use std::fmt::Write as _;

use clap::{Arg, ArgAction, Args as _, Command};
use confique::Config as _;
use confique::meta::{Expr, FieldKind, LeafKind};
use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

use super::declaration::{ALIASES, Options, Settings};
use super::heading::USUAL;
use super::service::Service;

/// The help text of `arg` with its default and whether it is repeatable. `default` replaces the
/// default of the declaration.
pub fn described(arg: Arg, default: Option<String>) -> Arg {
    let Some(help) = arg.get_help().map(ToString::to_string) else { return arg };
    let is_rare = arg.get_help_heading().is_some() && !USUAL.contains(&arg.get_id().as_str());
    let arg = arg.hide_short_help(is_rare);
    let default = default.or_else(|| default_of(arg.get_id().as_str()));
    let default = default.map(|default| format!(" [default: {default}]")).unwrap_or_default();
    let is_repeatable = !arg.is_positional() && matches!(arg.get_action(), ArgAction::Append);
    let repeatable = if is_repeatable { " [repeatable]" } else { "" };
    arg.help(help + &default + repeatable)
}

/// The default that the declaration gives to the option with this id; `None` for switches and
/// lists, which are off and empty.
fn default_of(name: &str) -> Option<String> {
    match default_value(name)? {
        Expr::Str(word) => Some(word.to_owned()),
        Expr::Integer(number) => Some(number.to_string()),
        _ => None,
    }
}

/// `id` is the name of a field, behind the names of the tables that it is in: `proof.timeout`.
fn default_value(id: &str) -> Option<Expr> {
    let mut meta = &Settings::META;
    let mut names = id.split('.');
    loop {
        let name = names.next()?;
        match meta.fields.iter().find(|field| field.name == name)?.kind {
            FieldKind::Nested { meta: inner } => meta = inner,
            FieldKind::Leaf { kind: LeafKind::Required { default }, .. } => return default,
            FieldKind::Leaf { .. } => return None,
        }
    }
}

/// An option in words.
pub(super) struct Description {
    /// The key in `[tool.snakecrate]`; dotted if it is in a table of its own.
    pub key: String,
    /// The flag.
    pub arg: Arg,
    /// The help text without the default.
    pub text: String,
    /// The default, in words.
    pub default: Option<String>,
}

impl Description {
    /// All options in the order of the declaration.
    pub(super) fn all() -> Vec<Self> {
        let command = Options::augment_args(Command::new("build"));
        command.get_arguments().cloned().map(Self::of).collect()
    }

    fn of(arg: Arg) -> Self {
        let name = arg.get_id().as_str();
        let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
        let (text, default) = split_default(&help);
        let default = default.map(str::to_owned).or_else(|| default_of(name));
        Self { key: name.replace('_', "-"), text: text.to_owned(), default, arg }
    }

    /// The value that the flag sets if it takes none: `false` for `--no-…`.
    pub(super) fn switch(&self) -> Option<bool> {
        let is_switch = self.arg.get_num_args().is_some_and(|count| !count.takes_values());
        is_switch.then(|| self.arg.get_long() == Some(&self.key.replace('.', "-")))
    }

    fn flag(&self) -> String {
        let short = self.arg.get_short().map(|short| format!("`-{short}`, ")).unwrap_or_default();
        let value = match self.arg.get_value_names() {
            Some([name, ..]) if self.switch().is_none() => format!(" {name}"),
            _ => String::new(),
        };
        let repeatable = if matches!(self.arg.get_action(), ArgAction::Append) { " *" } else { "" };
        format!("{short}`--{}{value}`{repeatable}", self.arg.get_long().unwrap_or_default())
    }

    /// Whether `name` is the name of the flag or, in a table, of the key.
    pub(super) fn is_called(&self, name: &str) -> bool {
        let in_table = self.key.rsplit_once('.').is_some_and(|(_, key)| key == name);
        self.arg.get_long() == Some(name) || in_table
    }

    /// What the flag sets, as TOML: the key, with its value if the flag takes none.
    pub(super) fn assignment(&self) -> String {
        match self.switch() {
            Some(value) => format!("{} = {value}", self.key),
            None => self.key.clone(),
        }
    }

    /// The key, and the second names that it has.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        let aliases = ALIASES.iter().filter(|(_, key)| *key == self.key);
        std::iter::once(self.key.as_str()).chain(aliases.map(|(alias, _)| *alias))
    }

    fn key_text(&self) -> String {
        let key = format!("`{}`", self.assignment());
        self.names().skip(1).fold(key, |key, alias| format!("{key} or `{alias}`"))
    }
}

/// Splits `[default: …]` off the end of a help text.
fn split_default(help: &str) -> (&str, Option<&str>) {
    let parts = help.rsplit_once(" [default: ");
    match parts.and_then(|(text, default)| Some((text, default.strip_suffix(']')?))) {
        Some((text, default)) => (text, Some(default)),
        None => (help, None),
    }
}

/// The table of options in docs/reference/options.md.
pub fn table() -> String {
    let mut table = String::from("| flag | key | meaning | default |\n|---|---|---|---|\n");
    for option in Description::all() {
        let default = option.default.as_deref().unwrap_or_default();
        let cell = |text: &str| {
            ['|', '*', '<']
                .iter()
                .fold(text.to_owned(), |text, &mark| text.replace(mark, &format!("\\{mark}")))
        };
        let (flag, key) = (option.flag(), option.key_text());
        let (text, default) = (cell(&option.text), cell(default));
        let _ = writeln!(table, "| {flag} | {key} | {text} | {default} |");
    }
    table
}

/// The JSON schema of `[tool.snakecrate]`, for editors and linters of pyproject.toml.
pub fn schema() -> Value {
    let mut schema = schemars::schema_for!(Options).to_value();
    schema["title"] = "[tool.snakecrate]".into();
    schema["description"] =
        "Options of `snakecrate build` and `snakecrate run`. Relative paths are relative to the file."
            .into();
    for option in Description::all() {
        let (table, key) = containing(&mut schema, &option.key);
        let mut property = table["properties"][key].take();
        let is_negated = option.switch() == Some(false);
        let prefix = if is_negated { "If `false`: " } else { "" };
        property["description"] = format!("{prefix}{}", option.text).into();
        without_null(&mut property);
        match (default_value(option.arg.get_id().as_str()), &option.default) {
            (None | Some(Expr::Array(_) | Expr::Map(_)), Some(text)) => {
                let text = format!("{} [default: {text}]", option.text);
                property["description"] = text.into();
            }
            (Some(value), _) => property["default"] = json!(value),
            (None, None) => {}
        }
        for (alias, _) in ALIASES.iter().filter(|(_, key)| *key == option.key) {
            table["properties"][alias] = property.clone();
        }
        table["properties"][key] = property;
    }
    schema["properties"]["artifact"] = json!({
        "type": "object",
        "description": "Archives of this project by name, each with options that win over the others here",
        "additionalProperties": { "$ref": "#" },
    });
    // Its own definitions wouldn't be found in there.
    let inlined = SchemaSettings::draft2020_12().with(|all| all.inline_subschemas = true);
    let mut service = inlined.into_generator().into_root_schema_for::<Service>().to_value();
    without_nulls(&mut service);
    for key in ["$schema", "title"] {
        service.as_object_mut().map(|service| service.remove(key));
    }
    schema["properties"]["service"] = json!({
        "type": "object",
        "description": "Services of the Debian and RPM packages of this project by name",
        "additionalProperties": service,
    });
    schema
}

/// The schema of the table that the option with this key is in, and its name there.
fn containing<'s, 'k>(schema: &'s mut Value, key: &'k str) -> (&'s mut Value, &'k str) {
    match key.split_once('.') {
        Some((table, key)) => containing(&mut schema["properties"][table], key),
        None => (schema, key),
    }
}

/// [`without_null`] for each property of a table.
fn without_nulls(table: &mut Value) {
    let properties = table.get_mut("properties").and_then(Value::as_object_mut);
    properties.into_iter().flat_map(|all| all.values_mut()).for_each(without_null);
}

/// Options that are not set are absent: TOML has no null.
fn without_null(property: &mut Value) {
    let Some(property) = property.as_object_mut() else { return };
    property.remove("default");
    if let Some(Value::Array(types)) = property.get_mut("type") {
        types.retain(|name| name != "null");
        if let [name] = types.as_slice() {
            let name = name.clone();
            property.insert("type".into(), name);
        }
    }
}
