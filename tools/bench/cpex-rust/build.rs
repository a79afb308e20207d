//! Tells the program which crate it is linked with, and what compiled it.
use std::error::Error;
use std::process::Command;
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=Cargo.lock");
    let lock = fs::read_to_string("Cargo.lock")?;
    let cpex = lock
        .split_once("name = \"cpex-core\"\nversion = \"")
        .and_then(|(_, rest)| rest.split('"').next())
        .ok_or("Cargo.lock does not name cpex-core")?;
    println!("cargo::rustc-env=CPEX_VERSION={cpex}");
    // rustc 1.95.0 (59807616e 2026-04-14)
    let printed = String::from_utf8(
        Command::new(env::var("RUSTC")?)
            .arg("--version")
            .output()?
            .stdout,
    )?;
    let rustc = printed.split(' ').nth(1).ok_or("rustc reports no version")?;
    println!("cargo::rustc-env=RUSTC_VERSION={rustc}");
    Ok(())
}
