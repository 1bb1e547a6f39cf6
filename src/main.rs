//! The `timbra` command; everything is in the library.

fn main() -> std::process::ExitCode {
    timbra::cli::main()
}
