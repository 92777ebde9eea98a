"""Repairs inside blocks: errors of syntax, of references, of names, of counts, of policies."""

from __future__ import annotations

_WEB = """\
resource "aws_instance" "web" {
  ami           = var.ami
  instance_type = "t3.micro"

  tags = {
    Name = "web"
    Team = var.team
  }

  lifecycle {
    create_before_destroy = true
  }
}
"""
_POLICY = """\
resource "aws_iam_policy" "read" {
  name = "read"

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["s3:GetObject", "s3:ListBucket"]
      Resource = [aws_s3_bucket.main.arn, "${aws_s3_bucket.main.arn}/*"]
    }]
  })
}
"""
_TEXT_POLICY = """\
resource "aws_iam_role" "job" {
  name = "job"

  assume_role_policy = <<-EOT
    {
      "Version": "2012-10-17",
      "Statement": [
        {
          "Effect": "Allow",
          "Principal": { "Service": "lambda.amazonaws.com" },
          "Action": "sts:AssumeRole"
        }
      ]
    }
  EOT
}
"""
_EACH = """\
variable "names" {
  type    = list(string)
  default = ["a", "b"]
}

resource "aws_sqs_queue" "each" {
  for_each = toset(var.names)
  name     = each.key
}
"""
_OUTPUTS = """\
resource "aws_instance" "web" {
  count         = 2
  ami           = var.ami
  instance_type = "t3.micro"
}

output "ids" {
  value = aws_instance.web[*].id
}
"""
_LOCALS = """\
locals {
  prefix = "${var.team}-${var.env}"
  tags = {
    team = var.team
    env  = var.env
  }
  zones = slice(data.aws_availability_zones.all.names, 0, 2)
}

resource "aws_s3_bucket" "logs" {
  bucket = "${local.prefix}-logs"
  tags   = merge(local.tags, { kind = "logs" })
}
"""
_VARIABLE = """\
variable "size" {
  type        = number
  description = "How many"
  default     = 2

  validation {
    condition     = var.size > 0
    error_message = "At least one."
  }
}
"""
_GROUP = """\
resource "aws_security_group" "web" {
  name = "web"

  dynamic "ingress" {
    for_each = var.ports

    content {
      from_port   = ingress.value
      to_port     = ingress.value
      protocol    = "tcp"
      cidr_blocks = ["10.0.0.0/8"]
    }
  }
}
"""
_DEPLOYMENT = """\
resource "kubernetes_deployment" "app" {
  metadata {
    name = "app"
  }

  spec {
    replicas = 2

    selector {
      match_labels = { app = "app" }
    }

    template {
      metadata {
        labels = { app = "app" }
      }

      spec {
        container {
          name  = "app"
          image = "app:1.4"

          port {
            container_port = 8080
          }

          resources {
            limits = { cpu = "500m", memory = "256Mi" }
          }
        }
      }
    }
  }
}
"""
_SCRIPT = """\
resource "aws_instance" "host" {
  ami           = var.ami
  instance_type = "t3.small"

  user_data = <<-EOT
    #!/bin/bash
    set -e
    yum install -y nginx
    echo "hello from ${var.team}" > /usr/share/nginx/html/index.html
    systemctl enable nginx
  EOT
}
"""


def _broken(text: str, right: str, wrong: str) -> str:
    """The text, whose `right` a repair puts where `wrong` stands."""
    assert text.count(right) == 1, (right, text.count(right))
    return text.replace(right, f"⟦{wrong}→{right}⟧")


EDITS = {
    # syntax
    "a brace of a map is missing": _broken(_WEB, "    Team = var.team\n  }\n", "    Team = var.team\n"),
    "a brace of the block is missing": _broken(
        _WEB, "create_before_destroy = true\n  }\n}\n", "create_before_destroy = true\n  }\n"
    ),
    "a brace too many": _broken(
        _WEB, "create_before_destroy = true\n  }\n}\n", "create_before_destroy = true\n  }\n}\n}\n"
    ),
    "a brace after the labels is missing": _broken(_WEB, '"web" {', '"web"'),
    "a quote of a label is missing": _broken(_WEB, '"aws_instance" "web"', '"aws_instance "web"'),
    "an equals sign is missing": _broken(_WEB, "ami           = var.ami", "ami           var.ami"),
    "a colon for an equals sign": _broken(_WEB, "ami           = var.ami", "ami           : var.ami"),
    "a semicolon at the end": _broken(_WEB, "= var.ami\n", "= var.ami;\n"),
    "a quote in single": _broken(_WEB, '"t3.micro"', "'t3.micro'"),
    "typographic quotes": _broken(_WEB, '"t3.micro"', "“t3.micro”"),
    "a block as an argument": _broken(_WEB, "  lifecycle {", "  lifecycle = {"),
    "a comma between elements is missing": _broken(_POLICY, '"s3:GetObject", ', '"s3:GetObject" '),
    "a bracket is missing": _broken(_POLICY, '"s3:ListBucket"]', '"s3:ListBucket"'),
    "a bracket of the call is missing": _broken(_POLICY, "    }]\n  })\n", "    }]\n  }\n"),
    "a brace of an interpolation is missing": _broken(_LOCALS, "${var.team}-", "${var.team-"),
    "a dollar is missing": _broken(_LOCALS, "${local.prefix}-logs", "{local.prefix}-logs"),
    "two brackets at an end": _broken(_OUTPUTS, "web[*].id\n", "web[*].id]\n"),
    "a condition over two lines": _broken(
        _LOCALS,
        'tags   = merge(local.tags, { kind = "logs" })',
        'tags   = var.env == "prod"\n    ? local.tags\n    : {}',
    ),
    "a heredoc is not ended": _broken(_SCRIPT, "systemctl enable nginx\n  EOT\n", "systemctl enable nginx\n"),
    "a variable of the shell is not escaped": _broken(
        _SCRIPT, "    set -e\n", "    set -e\n    echo ${HOSTNAME}\n"
    ),
    "a comment of another language": _broken(_WEB, "  ami  ", "  -- the image\n  ami  "),
    "a trailing comma in a block": _broken(_WEB, '"t3.micro"\n', '"t3.micro",\n'),
    "a merge is left over": _broken(
        _WEB,
        '  instance_type = "t3.micro"\n',
        '<<<<<<< HEAD\n  instance_type = "t3.micro"\n=======\n  instance_type = "t2.micro"\n>>>>>>> main\n',
    ),
    "a keyword mistyped": _broken(_WEB, 'resource "aws_instance"', 'resouce "aws_instance"'),
    "a kind mistyped": _broken(_VARIABLE, 'variable "size"', 'varible "size"'),
    # references
    "a variable mistyped": _broken(_LOCALS, "team = var.team", "team = var.taem"),
    "vars for var": _broken(_WEB, "= var.ami", "= vars.ami"),
    "locals for local": _broken(_LOCALS, "merge(local.tags", "merge(locals.tags"),
    "a local mistyped": _broken(_LOCALS, "{local.prefix}", "{local.prefx}"),
    "a resource mistyped": _broken(_POLICY, "[aws_s3_bucket.main.arn", "[aws_s3_bucket.mian.arn"),
    "data. is missing": _broken(_LOCALS, "slice(data.aws_availability", "slice(aws_availability"),
    "a reference in quotes": _broken(_WEB, "Team = var.team", 'Team = "var.team"'),
    "an attribute that is not there": _broken(_OUTPUTS, "web[*].id", "web[*].public_ips"),
    "a splat is missing": _broken(_OUTPUTS, "web[*].id", "web.id"),
    "an index that is too high": _broken(_OUTPUTS, "web[*].id", "web[2].id"),
    "each outside of for_each": _broken(_EACH, "name     = each.key", "name     = each.value.name"),
    "count.index in for_each": _broken(_EACH, "= each.key", '= "queue-${count.index}"'),
    "the iterator's name": _broken(_GROUP, "from_port   = ingress.value", "from_port   = ingres.value"),
    "the iterator without value": _broken(_GROUP, "to_port     = ingress.value", "to_port     = ingress"),
    "self outside of a provisioner": _broken(_WEB, 'Name = "web"', "Name = self.id"),
    "a cycle between locals": _broken(_LOCALS, "{var.team}-${var.env}", "{local.tags.team}-${local.prefix}"),
    # counts
    "a list for for_each": _broken(_EACH, "toset(var.names)", "var.names"),
    "a string for for_each": _broken(_EACH, "toset(var.names)", "toset(var.names[0])"),
    "a count that is text": _broken(_OUTPUTS, "count         = 2", 'count         = "two"'),
    "a count of a list": _broken(_OUTPUTS, "count         = 2", "count         = var.names"),
    "a count that is a list's length": _OUTPUTS.replace(
        "count         = 2", "count         = ⟦var.names→length(var.names)⟧"
    ),
    "for_each of what is not known": _broken(_EACH, "toset(var.names)", "toset(aws_vpc.main[*].id)"),
    "count and for_each": _broken(
        _EACH, "  for_each = toset(var.names)\n", "  for_each = toset(var.names)\n  count    = 2\n"
    ),
    "a map is made of the list": _broken(_EACH, "toset(var.names)", "tomap(var.names)"),
    "a count on a condition that was of the wrong type": _broken(
        _OUTPUTS, "count         = 2", 'count         = var.on ? "2" : false'
    ),
    # names and duplicates
    "a type of resource mistyped": _broken(_WEB, '"aws_instance" "web"', '"aws_instnace" "web"'),
    "a name with a blank": _broken(_WEB, '"web" {', '"web server" {'),
    "a name that begins with a digit": _broken(_WEB, '"web" {', '"1web" {'),
    "a resource twice": _WEB + f"⟦{_WEB}→⟧",
    "a resource twice that gets a name": _WEB + _WEB.replace('"web" {', '"⟦web→worker⟧" {'),
    "an output twice": _OUTPUTS + '⟦output "ids" {\n  value = 1\n}\n→⟧',
    "a variable twice": _VARIABLE + '⟦variable "size" {\n  type = number\n}\n→⟧',
    "an argument twice": _broken(
        _WEB, '  instance_type = "t3.micro"\n', '  instance_type = "t3.micro"\n  instance_type = "t2.micro"\n'
    ),
    "a key twice in a map": _broken(_WEB, '    Name = "web"\n', '    Name = "web"\n    Name = "Web"\n'),
    "a local twice": _broken(_LOCALS, "  tags = {\n", '  prefix = "x"\n  tags = {\n'),
    # policies
    "an action mistyped": _broken(_POLICY, '"s3:GetObject"', '"s3:GetObjects"'),
    "a version of the policy": _broken(_POLICY, '"2012-10-17"', '"2012-10-18"'),
    "an effect in small letters": _broken(_POLICY, '"Allow"', '"allow"'),
    "a resource without the bucket's content": _broken(_POLICY, ', "${aws_s3_bucket.main.arn}/*"', ""),
    "a comma in a text of JSON": _broken(_TEXT_POLICY, '"2012-10-17",', '"2012-10-17"'),
    "a comma too many in a text of JSON": _broken(_TEXT_POLICY, '"sts:AssumeRole"\n', '"sts:AssumeRole",\n'),
    "a principal mistyped": _broken(_TEXT_POLICY, "lambda.amazonaws.com", "lamda.amazonaws.com"),
    "a principal of another service": _broken(
        _TEXT_POLICY, '{ "Service": "lambda.amazonaws.com" }', '{ "Service": "ec2.amazonaws.com" }'
    ),
    "a quote in a text of JSON": _broken(_TEXT_POLICY, '"Effect":', 'Effect":'),
    "a policy that is no text": _broken(_POLICY, "  policy = jsonencode({", "  policy = ({"),
    "an action of logs": _broken(_POLICY, '"s3:ListBucket"', '"s3:ListAllBuckets"'),
    # variables
    "a default of the wrong type": _broken(_VARIABLE, "default     = 2", 'default     = "two"'),
    "a type in quotes": _broken(_VARIABLE, "type        = number", 'type        = "numeric"'),
    "a type that is none": _broken(_EACH, "list(string)", "list(text)"),
    "a default that refers": _broken(_VARIABLE, "default     = 2", "default     = local.size"),
    "a sentence without a point": _broken(_VARIABLE, '"At least one."', '"at least one"'),
    "a validation of another variable": _broken(_VARIABLE, "var.size > 0", "var.count > 0"),
    "a default for what nobody sets": _broken(_VARIABLE, "  default     = 2\n", ""),
    # kubernetes
    "labels that do not match": _broken(
        _DEPLOYMENT, 'match_labels = { app = "app" }', 'match_labels = { app = "web" }'
    ),
    "replicas as a list": _broken(_DEPLOYMENT, "replicas = 2", "replicas = [2]"),
    "a port's name": _broken(_DEPLOYMENT, "container_port = 8080", "containerPort = 8080"),
    "memory in a unit that is none": _broken(_DEPLOYMENT, '"256Mi"', '"256MB"'),
    "cpu as a bare word": _broken(_DEPLOYMENT, '"500m"', "500m"),
    "an image's tag": _broken(_DEPLOYMENT, '"app:1.4"', '"app:1.l4"'),
    "a block's name": _broken(_DEPLOYMENT, "        container {", "        containers {"),
    "a limit's name": _broken(_DEPLOYMENT, "            limits = {", "            limit = {"),
    # functions
    "a function mistyped": _broken(_LOCALS, "= slice(", "= slize("),
    "an argument of a function": _broken(_LOCALS, "names, 0, 2)", "names, 0, 20)"),
    "a function for maps": _broken(_LOCALS, "merge(local.tags", "concat(local.tags"),
    "a function that is no more": _broken(
        _LOCALS, 'merge(local.tags, { kind = "logs" })', 'map("kind", "logs")'
    ),
}
