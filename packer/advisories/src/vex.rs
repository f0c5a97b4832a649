//! Statements about vulnerabilities (VEX): `OpenVEX`, and the `vulnerabilities` of `CycloneDX`.

use serde_json::Value;

/// Why a document says nothing.
#[derive(Debug, thiserror::Error)]
pub enum BadVex {
    /// It isn't JSON.
    #[error("it isn't JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// It is something else.
    #[error("it is neither OpenVEX nor CycloneDX")]
    Kind,
}

/// What is said about one vulnerability.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Statement {
    /// The identifier and aliases.
    names: Vec<String>,
    /// Package URLs or references of products; empty for all.
    products: Vec<String>,
    /// Ours: `not_affected`, `fixed`, or another.
    status: String,
    /// Why.
    reason: Option<String>,
}

/// The statements of several documents; later ones win.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Statements(Vec<Statement>);

impl Statements {
    /// Adds those of a document.
    ///
    /// # Errors
    ///
    /// It isn't `OpenVEX` and isn't `CycloneDX`.
    pub fn add(&mut self, bytes: &[u8]) -> Result<(), BadVex> {
        let document: Value = serde_json::from_slice(bytes)?;
        let context = document["@context"].as_str().unwrap_or_default();
        if context.starts_with("https://openvex.dev/ns") {
            self.0.extend(list(&document["statements"]).iter().map(open));
        } else if document["bomFormat"] == "CycloneDX" {
            self.0.extend(list(&document["vulnerabilities"]).iter().map(cyclonedx));
        } else {
            return Err(BadVex::Kind);
        }
        Ok(())
    }

    /// The status and the reason that are stated for a vulnerability, by any of its names, of a component
    /// with this package URL or reference.
    pub(crate) fn of(&self, names: &[&str], component: &[&str]) -> Option<(&str, Option<&str>)> {
        let is_of = |one: &&Statement| {
            let is_named = one.names.iter().any(|name| names.contains(&&**name));
            is_named && (one.products.is_empty() || one.products.iter().any(|p| fits(p, component)))
        };
        let found = self.0.iter().rev().find(is_of)?;
        Some((&found.status, found.reason.as_deref()))
    }
}

/// Whether a statement about `product` is about the component with these names. A package URL without a
/// version is about all versions; a BOM-Link ends with the reference behind `#`.
fn fits(product: &str, component: &[&str]) -> bool {
    let reference = product.strip_prefix("urn:cdx:").and_then(|link| link.split_once('#'));
    let product = reference.map_or(product, |(_, reference)| reference);
    component.iter().any(|name| {
        let plain = name.split('?').next().unwrap_or(name);
        let unversioned = plain.rsplit_once('@').map_or(plain, |(front, _)| front);
        product == *name || product == plain || product == unversioned
    })
}

fn list(value: &Value) -> Vec<Value> {
    value.as_array().cloned().unwrap_or_default()
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

fn open(statement: &Value) -> Statement {
    let vulnerability = &statement["vulnerability"];
    let aliases = list(&vulnerability["aliases"]);
    // Before 0.2 it was the identifier itself.
    let names = [&vulnerability["name"], &vulnerability["@id"], vulnerability];
    let names = names.into_iter().chain(&aliases).filter_map(text).collect();
    let mut products = Vec::new();
    for product in list(&statement["products"]) {
        let parts = list(&product["subcomponents"]);
        // A statement about a part of the product is about that part.
        let subjects = if parts.is_empty() { vec![product] } else { parts };
        for one in subjects {
            let names = [&one["identifiers"]["purl"], &one["@id"], &one];
            products.extend(names.into_iter().filter_map(text));
        }
    }
    let reason = text(&statement["impact_statement"]).or_else(|| text(&statement["justification"]));
    let status = text(&statement["status"]).unwrap_or_default();
    Statement { names, products, status, reason }
}

fn cyclonedx(vulnerability: &Value) -> Statement {
    let references = list(&vulnerability["references"]);
    let ids = std::iter::once(&vulnerability["id"]).chain(references.iter().map(|one| &one["id"]));
    let names = ids.filter_map(text).collect();
    let affects = list(&vulnerability["affects"]);
    let analysis = &vulnerability["analysis"];
    let status = match analysis["state"].as_str().unwrap_or_default() {
        "not_affected" | "false_positive" => "not_affected",
        "resolved" | "resolved_with_pedigree" => "fixed",
        other => other,
    };
    Statement {
        names,
        products: affects.iter().filter_map(|one| text(&one["ref"])).collect(),
        status: status.to_owned(),
        reason: text(&analysis["detail"]).or_else(|| text(&analysis["justification"])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_are_about_components_and_all_names() {
        let open = r#"{"@context": "https://openvex.dev/ns/v0.2.0", "statements": [
            {"vulnerability": {"name": "CVE-1", "aliases": ["GHSA-1"]}, "status": "not_affected",
             "justification": "component_not_present",
             "products": [{"@id": "app", "subcomponents": [{"@id": "pkg:pypi/x@1"}]}]}]}"#;
        let cyclonedx = r#"{"bomFormat": "CycloneDX", "vulnerabilities": [{"id": "CVE-2",
            "analysis": {"state": "resolved"}, "affects": [{"ref": "urn:cdx:1/1#pkg:pypi/y"}]}]}"#;
        let mut all = Statements::default();
        all.add(open.as_bytes()).unwrap();
        all.add(cyclonedx.as_bytes()).unwrap();
        let expected = Some(("not_affected", Some("component_not_present")));
        assert_eq!(all.of(&["GHSA-1"], &["pkg:pypi/x@1"]), expected);
        assert_eq!(all.of(&["GHSA-1"], &["pkg:pypi/x@2"]), None);
        assert_eq!(all.of(&["CVE-2"], &["pkg:pypi/y@3?a=b"]), Some(("fixed", None)));
        assert!(all.add(b"{}").is_err() && all.add(b"[").is_err());
    }
}
