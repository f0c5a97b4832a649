//! The keys of `[tool.snakecrate.packaging]`.

use super::heading;

/// What `snakecrate package` writes into Debian and RPM packages beside the archive.
#[derive(Debug, Clone, PartialEq, confique::Config)]
#[config(layer_attr(derive(Debug, Clone, PartialEq, clap::Args, schemars::JsonSchema)))]
#[config(layer_attr(derive(serde::Serialize)))]
#[config(layer_attr(serde(rename_all = "kebab-case", deny_unknown_fields)))]
#[config(layer_attr(schemars(inline)))]
pub struct Packaging {
    /// Name of the Debian or RPM package [default: the application's name]
    #[config(layer_attr(arg(id = "packaging.name", long = "package-name")))]
    #[config(layer_attr(arg(value_name = "NAME")))]
    #[config(layer_attr(arg(help_heading = heading::PACKAGES)))]
    pub name: Option<String>,

    /// Version of the application in its Debian or RPM package, as PEP 440 has it [default: the
    /// application's]
    #[config(layer_attr(arg(id = "packaging.version", long = "package-version")))]
    #[config(layer_attr(arg(value_name = "VERSION")))]
    #[config(layer_attr(arg(help_heading = heading::PACKAGES)))]
    pub version: Option<String>,

    /// Number of the Debian or RPM package among those of the same version
    #[config(default = 1, validate(*release > 0, "`packaging.release` is a number from 1"))]
    #[config(layer_attr(arg(id = "packaging.release", long = "package-release")))]
    #[config(layer_attr(arg(value_name = "N")))]
    #[config(layer_attr(arg(value_parser = clap::value_parser!(u32).range(1..))))]
    #[config(layer_attr(schemars(range(min = 1))))]
    #[config(layer_attr(arg(help_heading = heading::PACKAGES)))]
    pub release: u32,

    /// Maintainer of the Debian or RPM package: 'NAME <MAIL>' [default: --vendor, if --contact is an
    /// e-mail address, else the first of the project's maintainers and authors who has one]
    #[config(layer_attr(arg(id = "packaging.maintainer", long = "maintainer")))]
    #[config(layer_attr(arg(value_name = "PERSON")))]
    #[config(layer_attr(arg(help_heading = heading::PACKAGES)))]
    pub maintainer: Option<String>,

    /// Summary of the Debian or RPM package, in one line [default: the project's description]
    #[config(layer_attr(arg(id = "packaging.summary", long = "summary")))]
    #[config(layer_attr(arg(value_name = "TEXT")))]
    #[config(layer_attr(arg(help_heading = heading::PACKAGES)))]
    pub summary: Option<String>,

    /// Home page of the application for its Debian or RPM package [default: the project's]
    #[config(layer_attr(arg(id = "packaging.homepage", long = "homepage")))]
    #[config(layer_attr(arg(value_name = "URL")))]
    #[config(layer_attr(arg(help_heading = heading::PACKAGES)))]
    pub homepage: Option<String>,

    /// Licence of the application for its Debian or RPM package, an SPDX expression [default: the
    /// project's]
    #[config(layer_attr(arg(id = "packaging.license", long = "license")))]
    #[config(layer_attr(arg(value_name = "SPDX")))]
    #[config(layer_attr(arg(help_heading = heading::PACKAGES)))]
    pub license: Option<String>,

    /// Section of the Debian package, such as utils, net or contrib/web
    #[config(default = "misc")]
    #[config(layer_attr(arg(id = "packaging.section", long = "section")))]
    #[config(layer_attr(arg(value_name = "NAME")))]
    #[config(layer_attr(arg(help_heading = heading::PACKAGES)))]
    pub section: String,

    /// Priority of the Debian package
    #[config(default = "optional")]
    #[config(layer_attr(arg(id = "packaging.priority", long = "priority")))]
    #[config(layer_attr(arg(value_name = "NAME")))]
    #[config(layer_attr(arg(help_heading = heading::PACKAGES)))]
    pub priority: String,
}

/// The options of packages that one layer sets.
pub type PackagingOptions = <Packaging as confique::Config>::Layer;
