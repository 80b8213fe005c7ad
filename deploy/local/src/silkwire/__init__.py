"""Silkwire on one machine: the command line and what it starts.

    cli          the commands and their options
    system       `silkwire up`: start order, wait for the page, run until told to stop, stop order
    options      what `up` was asked for, and what that means on this machine
    folder       the data folder: lock, ports that must stay, logs
    wiring       which part is told what: the environment of the services (pure)
    parts        the things that run: services as processes or tasks, backing servers; restart of what died
    one_process  the form without a broker: all services in one event loop on the memory bus
    page         waiting until the page answers with what it should show
    progress     the lines printed meanwhile
    backing/     a private RabbitMQ node and an embedded mongod
    newsroom/    the sample newsroom and the sample banks
    sources      `silkwire sources`
    dead_letters/  `silkwire dead-letters`

It is the one package that may import all four services.
"""
