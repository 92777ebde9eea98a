resource "terraform_data" "volume" {
  count = 2
  input = { name = "vol-${count.index}", size_gb = 20 * (count.index + 1) }
}
