def evaluate(expected_output: str, program_output: str) -> bool:
    try:
        return list(map(int, expected_output.split())) == list(map(int, program_output.split()))
    except ValueError:
        return False
