locals {
  doors = {
    front = "1080p"
    yard  = "720p"
  }
}
