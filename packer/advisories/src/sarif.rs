//! SARIF 2.1.0 (<https://docs.oasis-open.org/sarif/sarif/v2.1.0/>), which code hosts show.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::findings::{Finding, Report};

impl Report {
    /// The document about the archive at `path`. Findings that the VEX hides are suppressed results.
    pub fn sarif(&self, path: &str) -> String {
        let rules: Vec<Value> = self.by_id().into_iter().map(|(id, all)| rule(id, &all)).collect();
        let results: Vec<Value> = self.findings.iter().map(|one| result(one, path)).collect();
        let document = json!({
            "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
            "version": "2.1.0",
            "runs": [{
                "tool": { "driver": {
                    "name": "snakecrate",
                    "semanticVersion": env!("CARGO_PKG_VERSION"),
                    "rules": rules,
                } },
                "results": results,
            }],
        });
        serde_json::to_string_pretty(&document).unwrap_or_default() + "\n"
    }
}

fn rule(id: &str, all: &[&Finding]) -> Value {
    let summary = all.iter().find_map(|one| one.summary.as_deref()).unwrap_or(id);
    json!({
        "id": id,
        "shortDescription": { "text": summary },
        "helpUri": format!("https://osv.dev/vulnerability/{}", encoded(id)),
    })
}

fn result(finding: &Finding, path: &str) -> Value {
    let fixed = match &finding.fixed[..] {
        [] => "no version has a fix".to_owned(),
        versions => format!("fixed in {}", versions.join(", ")),
    };
    let Finding { component, version, id, .. } = finding;
    let text = format!("{component} {version} has {id}: {fixed}");
    let mut result = json!({
        "ruleId": id,
        "level": "error",
        "message": { "text": text },
        "locations": [{
            "physicalLocation": { "artifactLocation": { "uri": encoded(path) } },
            "logicalLocations": [{ "fullyQualifiedName": finding.purl, "kind": "module" }],
        }],
        "partialFingerprints": { "snakecrate/v1": format!("{}|{id}", finding.purl) },
    });
    if finding.is_hidden() {
        let status = finding.status.as_deref().unwrap_or_default();
        let reason = finding.reason.as_deref().unwrap_or(status);
        result["suppressions"] = json!([{ "kind": "external", "justification": reason }]);
    }
    result
}

/// A relative reference of a URI.
fn encoded(path: &str) -> String {
    let mut text = String::new();
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            text.push(char::from(byte));
        } else {
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}
