resource "aws_iam_group" "pilots" {
  name = "pilots"
}
