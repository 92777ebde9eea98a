zone = "corp.exmaple.internal"
