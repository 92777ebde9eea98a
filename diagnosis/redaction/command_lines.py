"""Secrets on command lines, as a shell traces them and as Terraform names a command that failed.

A table as that of `published`, with the same rules for its patterns. Which programs
take a password behind which letter is said by name: a `-p` alone is a port or a path.
"""

from __future__ import annotations

from diagnosis.redaction.published import ANY, Published, quoted

_BEFORE = r"(?:[^\n|;&\x00]{0,200}?[ \t\"'])??"
"""What stands between a program and its option, on the same line and in the same command."""
_VALUE = quoted(3) + r"""(?!\d{1,5}(?:[\s:]|\Z))([^\s"'/\x00$-][^\s"'\x00]{2,511}))"""
"""As `ANY`; neither a port nor a path."""

COMMAND_LINES = (
    Published(
        "password-argument",
        ("sshpass",),
        r"[ \t]{1,8}-p[ \t]{0,8}" + quoted(1) + r"""([^\s"'\x00]{1,512}))""",
    ),
    Published(
        "curl-user",
        ("-u", "--user"),
        r"""[ \t=]{0,4}["']?[^\s:"'\x00]{1,128}:([^\s"'\x00]{1,512})""",
        left=r"\w-",
        needs=("curl", "wget"),
    ),
    Published(
        "mysql-password",
        ("-p",),
        r"""(?!ort|rotocol|assword|ager|ipe|rint)["']?([^\s"'=\x00-][^\s"'\x00]{3,255})""",
        left=r"\w-",
        needs=("mysql", "mariadb"),
    ),
    Published(
        "login-password",
        ("login ",),
        r"[^\n\x00]{0,200}?[ \t]-p[ \t]{0,4}" + quoted(3) + r"""([^\s"'\x00-][^\s"'\x00]{2,511}))""",
        left=r"\w",
        needs=(
            *("docker", "podman", "helm", "oras", "nerdctl", "buildah", "skopeo", "crane"),
            *("az login", "oc login"),
        ),
    ),
    Published(
        "redis-password",
        ("-a",),
        r"""[ \t]{1,4}["']?([^\s"'/\x00-][^\s"'\x00]{3,255})""",
        left=r"\w-",
        needs=("redis-cli",),
    ),
    Published(
        "ldap-password",
        ("-w",),
        r"""[ \t]{0,4}["']?([^\s"'\x00-][^\s"'\x00]{3,255})""",
        left=r"\w-",
        needs=("ldapadd", "ldapmodify", "ldapsearch", "ldapdelete", "ldappasswd", "ldapwhoami"),
    ),
    Published("secret-of-a-cluster", ("--from-literal",), r"""[ =]["']?[\w.-]{1,128}=""" + ANY, left="-"),
    Published("secret-on-a-command-line", ("--secret-string", "--secret-value"), "[ =]" + ANY, left="-"),
    Published(
        "value-on-a-command-line",
        ("--value",),
        "[ =]" + ANY,
        left="-",
        needs=("keyvault", "securestring", "secret"),
    ),
    Published(
        "echoed-password",
        ("echo ", "printf "),
        r"(?:-n[ ]){0,1}" + ANY + r"[ \t]{0,4}\|",
        needs=(
            *("password-stdin", "with-token", "chpasswd", "sudo -s", "passwd --stdin", "passphrase-fd"),
            *("kinit", "realm join", "docker secret", "secrets versions add", "secret put"),
        ),
    ),
    Published("vault-login", ("vault login ",), r"(?=[\w.-]{0,60}[0-9])([\w.-]{8,256})"),
    Published(
        "long-option",
        ("--",),
        r"(?:[\w-]{0,32}-)?(?:password|passwd|passphrase|pass|token|secret|api-?key|access-?key)[ \t]{1,4}"
        + quoted(3)
        + r"""(?=[a-z_/.-]{0,60}[A-Z0-9])([^\s"'\x00-][^\s"'\x00]{5,511}))""",
        left="-",
    ),
    Published(
        "password-behind-p",
        (
            *("mongo ", "mongosh ", "mongodump ", "mongorestore ", "mongoimport ", "mongoexport ", "cqlsh "),
            *("rabbitmqadmin ", "twine ", "psexec ", "racadm ", "winrs ", "useradd ", "usermod ", "influx "),
            *("az sql ", "az postgres ", "az mysql ", "az vm ", "7z ", "7za ", "rar ", "unrar "),
        ),
        _BEFORE + "-p[ :]{0,4}" + _VALUE,
    ),
    Published(
        "password-behind-capital-p",
        ("sqlcmd ", "bcp ", "ipmitool ", "zip ", "unzip ", "ssh-keygen "),
        _BEFORE + "-P[ ]{0,4}" + _VALUE,
    ),
    Published("passphrase-of-a-new-key", ("ssh-keygen ",), _BEFORE + "-N[ ]{0,4}" + _VALUE),
    Published("passphrase-of-openssl", ("openssl enc ",), _BEFORE + "-k[ ]{1,4}" + _VALUE),
    Published("snmp-community", ("snmp",), "[a-z]{3,8} " + _BEFORE + "-c[ ]{0,4}" + _VALUE),
    Published("snmp-passphrase", ("snmp",), "[a-z]{3,8} " + _BEFORE + "-[AX][ ]{1,4}" + _VALUE),
    Published("token-behind-t", ("doctl ",), _BEFORE + "-t[ ]{1,4}" + _VALUE),
    Published("login-of-httpie", ("http ", "https "), _BEFORE + r"-a[ ]{1,4}[\w.@-]{1,128}:" + ANY),
    Published(
        "samba-login",
        ("smbclient ", "net ads ", "net rpc ", "rpcclient "),
        _BEFORE + r"""-U[ ]{0,4}["']?[^\s%"'\x00]{1,128}%([^\s"'\x00]{3,256})""",
    ),
    Published(
        "ftp-login", ("lftp ",), _BEFORE + r"""-u[ ]{1,4}["']?[^\s,"'\x00]{1,128},([^\s"'\x00]{3,256})"""
    ),
    Published(
        "oracle-login",
        ("sqlplus ", "rman target ", "expdp ", "impdp ", "jdbc:oracle:thin:"),
        r"""(?:-\w{1,10} ){0,4}["']?[\w$#]{1,64}/([^\s/@"'\x00]{2,256})@""",
    ),
    Published("windows-user", ("net user ",), r"[\w.-]{1,64} (?!/)" + ANY, fold=True),
    Published("windows-share", ("net use ",), r"(?:\w: )?\\\\\S{1,256} (?!/)" + ANY, fold=True),
    Published("windows-option", ("/pass:", "/password:", "/rp "), ANY, fold=True, left=""),
    Published(
        "option-of-one-dash",
        (
            *(
                "-storepass ",
                "-keypass ",
                "-srcstorepass ",
                "-deststorepass ",
                "-srckeypass ",
                "-destkeypass ",
            ),
            *("-apikey ", "-password ", "-passphrase ", "-accesstoken ", "-clientsecret "),
        ),
        ANY,
        fold=True,
        left=r"\w-",
    ),
    Published("secure-string", ("convertto-securestring ",), "(?:-String )?" + ANY, fold=True),
    Published(
        "long-option-of-a-key",
        ("--account-key ", "--authkey ", "--auth-key ", "--requirepass "),
        ANY,
        left="-",
    ),
    Published("key-of-a-gem", ("gem push ",), _BEFORE + "--key[ =]" + _VALUE),
    Published("base64-of-a-secret", ("virsh secret-set-value ",), _BEFORE + "--base64[ =]" + _VALUE),
    Published("secret-of-github", ("gh secret set ",), _BEFORE + "(?:-b|--body)[ =]{1,4}" + _VALUE),
    Published(
        "proxy-login",
        ("--proxy-user", "-U "),
        r"""[ =]{0,4}["']?[^\s:"'\x00]{1,128}:""" + ANY,
        needs=("curl",),
    ),
    Published(
        "cookie-of-curl",
        ("-b ", "--cookie "),
        r"""["']?[\w.-]{1,64}=([^\s"'\x00]{6,4096})""",
        left=r"\w-",
        needs=("curl",),
    ),
    Published(
        "login-of-a-tool",
        ("cargo login ", "snyk auth ", "cloudflared service install ", "vault operator unseal "),
        r"(?=[\w.-]{0,60}[0-9])([^\s\"'\x00-][^\s\"'\x00]{5,1023})",
    ),
    Published(
        "setting-of-a-tool",
        (
            "npm config set ",
            "npm set ",
            "yarn config set ",
            "aws configure set ",
            "poetry config ",
            "pip config set ",
        ),
        r"[\w./:@-]{0,128}?(?:token|_auth|_password|secret_access_key|http-basic\.[\w.-]{1,64} \S{1,128})"
        r"(?:\.[\w-]{1,64})?[ =]{1,4}" + ANY,
        fold=True,
    ),
    Published(
        "user-of-a-queue", ("rabbitmqctl add_user ", "rabbitmqctl change_password "), r"\S{1,128} " + ANY
    ),
    Published("secrets-of-fly", ("fly secrets set ", "flyctl secrets set "), r"[A-Z_0-9]{1,64}=" + ANY),
    Published(
        "value-put-into-vault", ("vault kv put ", "vault kv patch "), _BEFORE + r"[\w.-]{1,64}=(?!@)" + ANY
    ),
    Published("login-of-a-property", ("-dsonar.login=",), ANY, fold=True, left=""),
)
