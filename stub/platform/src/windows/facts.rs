use std::path::Path;

use crate::types::{Limit, Mount};

pub(crate) fn kernel() -> String {
    format!("Windows {}", std::env::consts::ARCH)
}

pub(crate) fn mount(_path: &Path) -> Option<Mount> {
    None
}

pub(crate) fn limits() -> Vec<Limit> {
    Vec::new()
}

pub(crate) fn surroundings() -> Vec<String> {
    Vec::new()
}
