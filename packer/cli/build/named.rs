//! Part of `ci/launchers` and `ci/crates`, which compile it: builds one launcher with the named toolchain.
//!
//!     named sources WORKSPACE                               prints the digest of the sources
//!     named build-id WORKSPACE                              prints what a package of the packer has as its build ID
//!     named targets                                         prints name and Rust triple of each
//!     named build WORKSPACE TRIPLE OUTPUT COMPILER ARCHIVER prints the path of the launcher

#[allow(dead_code, reason = "the build script uses the rest of it")]
mod recipe;
#[allow(dead_code, reason = "the packer uses the rest of it")]
mod target;

use std::path::Path;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["sources", workspace] => println!("{}", recipe::sources(Path::new(workspace))),
        ["build-id", workspace] => println!("{}", recipe::build_id(Path::new(workspace))),
        ["targets"] => {
            for target in target::TARGETS {
                println!("{} {}", target.name, target.launcher);
            }
        }
        ["build", workspace, triple, output, compiler, archiver] => {
            let (compiler, archiver) = (Path::new(compiler), Path::new(archiver));
            let tools = recipe::Tools::Named { compiler, archiver };
            let file = recipe::build(Path::new(workspace), triple, Path::new(output), tools);
            println!("{}", file.display());
        }
        _ => panic!("called by ci/launchers only"),
    }
}
