fn main() -> std::process::ExitCode {
    listkeeper::cli::main()
}
