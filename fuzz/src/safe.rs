//! The readers' promises, checked in another way than the readers do it.

use std::collections::HashMap;

use snakecrate_format::listing::{Listing, MAX_FILES, Node};
use snakecrate_format::manifest::{Manifest, Role, Start};

/// A message for people: one short line.
pub fn message(text: &str) {
    assert!(!text.contains(char::is_control), "a message of several lines: {text:?}");
    assert!(text.len() < 4096, "a message of {} bytes", text.len());
}

/// A path that stays below the directory it starts from.
pub fn path(text: &str) {
    let names: Vec<_> = std::path::Path::new(text).components().collect();
    let ordinary = |c: &std::path::Component| matches!(c, std::path::Component::Normal(_));
    assert!(!names.is_empty() && names.iter().all(ordinary), "{text:?}");
    // `components` accepts forms that readers must refuse.
    let joined: Vec<_> = names.iter().map(|c| c.as_os_str().to_str().unwrap()).collect();
    assert_eq!(joined.join("/"), text, "it is as it would be written");
    assert!(text.len() <= 2048 && joined.iter().all(|name| name.len() <= 255));
    assert!(text.bytes().all(|byte| byte >= 32 && byte != b'\\' && byte != 127), "{text:?}");
    assert_ne!(joined[0], ".snakecrate");
}

/// Properties of every manifest that is accepted.
pub fn manifest(manifest: &Manifest, length: u64) {
    assert_eq!(manifest.entries.is_empty(), manifest.role == Role::Runtime);
    path(manifest.python.executable.as_str());
    for entry in &manifest.entries {
        let (Start::Python(start) | Start::Native(start)) = &entry.start;
        path(start.as_str());
        entry.first_run.iter().for_each(|hook| path(hook.as_str()));
    }
    for attachment in &manifest.attachments {
        path(attachment.name.as_str());
    }
    if let Some(library) = &manifest.c_library {
        path(library.loader.as_str());
    }
    let mut taken = u128::from(manifest.stub.length);
    for component in &manifest.components {
        path(&component.folder());
        assert_eq!(component.folder().matches('/').count(), 1);
        let blobs = component.blobs.iter().filter(|_| component.download.is_none());
        for member in [&component.tree].into_iter().chain(blobs) {
            assert!(u128::from(member.offset) >= taken, "nothing lies in anything else");
            taken = u128::from(member.offset) + u128::from(member.length);
        }
    }
    assert!(manifest.components.is_empty() || taken <= u128::from(length));
}

/// Properties of every listing that is accepted: links do not lead out, however they are followed.
pub fn listing(listing: &Listing) {
    assert!(listing.items().len() <= MAX_FILES);
    let mut links = HashMap::new();
    for (index, item) in listing.items().iter().enumerate() {
        path(item.path.as_str());
        assert_eq!(listing.find(item.path.as_str()), Some(index));
        if let Node::Link(target) = &item.node {
            links.insert(item.path.as_str(), target.as_str());
        }
    }
    for directory in listing.directories() {
        path(directory);
        assert_eq!(listing.find(directory), None, "a directory is nothing else");
    }
    for link in links.keys() {
        follow(&links, link);
    }
}

/// Walks as a kernel does (`path_resolution(7)`): a link's target takes the link's place.
fn follow(links: &HashMap<&str, &str>, start: &str) {
    let mut left: Vec<&str> = start.rsplit('/').collect();
    let mut here: Vec<&str> = vec![];
    let mut hops = 0;
    while let Some(name) = left.pop() {
        if name == ".." {
            assert!(here.pop().is_some(), "the link `{start}` leads out");
            continue;
        }
        here.push(name);
        if let Some(target) = links.get(here.join("/").as_str()) {
            hops += 1;
            if hops > 40 || left.len() > 4096 {
                return;
            }
            here.pop();
            left.extend(target.rsplit('/'));
        }
    }
}
