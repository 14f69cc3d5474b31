"""A RabbitMQ that is stopped, killed and started under load, and workers that die with it."""
