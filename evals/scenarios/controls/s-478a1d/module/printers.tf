locals {
  printers = { p1 = "hall", p2 = "hall", p3 = "office" }
}

resource "terraform_data" "printer" {
  for_each = local.printers
  input    = { name = each.key, room = each.value }
}

check "one_printer_a_room" {
  assert {
    condition     = length(distinct(values(local.printers))) == length(local.printers)
    error_message = "Error: two printers share a room. That is known, and allowed until the office moves."
  }
}

check "colour" {
  assert {
    condition     = anytrue([for name in keys(local.printers) : startswith(name, "c")])
    error_message = "FATAL: no colour printer. There is none on this floor."
  }
}
