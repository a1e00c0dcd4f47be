"""PostgreSQL and Valkey out of their wheels, and a supervisor that keeps them and Muster's own processes alive.

Nothing here knows Django: `manage.py up` and the tests call in, nothing calls out.

    errors      the one exception whose text is a sentence for the person at the terminal
    account     which user PostgreSQL runs as when we are root, and how it reaches its files
    process     one program as a child of ours that cannot outlive us
    logs        the file a child writes to, and what of it belongs on the terminal
    signs       what a child leaves behind as long as it gets on with its work
    supervisor  several children: started in order, restarted when they die or hang, stopped in reverse
    lock        one `up` a data folder
    orphans     what an earlier `up`, killed with -9, may have left running
    postgres    the embedded PostgreSQL
    valkey      the embedded Valkey
    roles       the two database roles and the database they meet in
    servers     both servers and the roles as one context manager
    welcome     what is printed once everything is ready
"""
