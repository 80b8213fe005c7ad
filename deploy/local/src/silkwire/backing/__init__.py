"""Real backing servers on this machine: a private RabbitMQ node and a mongod out of a wheel.

`rabbitmq.start(folder)` and `mongod.start(folder)` return once the server answers; each keeps its data, its log
and its state in the folder it was given, listens on 127.0.0.1 only, and is stopped by its `stop()`. A second start
on the same folder continues with the data, and first ends what a killed run left behind.
"""
