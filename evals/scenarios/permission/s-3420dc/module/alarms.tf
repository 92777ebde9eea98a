resource "aws_cloudwatch_log_metric_filter" "errors" {
  name           = "gateway-errors"
  log_group_name = aws_cloudwatch_log_group.gateway.name
  pattern        = "{ $.status >= 500 }"

  metric_transformation {
    name      = "GatewayErrors"
    namespace = "Edge"
    value     = "1"
  }
}
