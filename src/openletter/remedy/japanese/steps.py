"""Japanese: what to do."""

from openletter.remedy.settings import Need, Note
from openletter.remedy.words import StepWords
from openletter.verdict.classes import Class
from openletter.verdict.findings import FindingName as F

NEEDS = {
    Need.TLS_ON: StepWords(
        title="TLSを有効にする",
        text=(
            "利用者がメールソフトに入力する名前の証明書をメールサーバに設定し（ACME対応の認証局は無償で発行します）、"
            "TLSを提供してください。TLSなしのログインを拒否する前に実施しないと、誰もログインできなくなります。"
        ),
    ),
    Need.LOGIN_OFF: StepWords(
        title="TLSなしのログインを拒否する",
        text=(
            "まず、メールソフトでSSL/TLS（またはSTARTTLS）を選択するよう利用者に案内してください。暗号化なしに設定された"
            "メールソフトは、この変更の後はログインできません。"
        ),
    ),
    Need.VERSIONS: StepWords(
        title="TLS 1.2および1.3だけを許可する",
        text="ソフトウェアがTLS 1.2に対応していない場合は、更新するか、TLSに対応したプロキシを前段に置いてください。",
    ),
}

NOTES = {
    Note.NONE: "",
    Note.DOVECOT_OWN_MACHINE: (
        "別の機器から確認してください。Dovecotは、自身が動作する機器からのTLSなしのログインを常に受け付けます。"
    ),
    Note.DOVECOT_WHICH: (
        "Dovecotはネットワーク経由ではバージョンを示しません。サーバ上で「dovecot --version」を実行してください。"
    ),
    Note.COURIER_POP3_LISTS_USER: (
        "CourierのPOP3サーバは、この変更の後もTLSの前にUSERを一覧に含め、その後で拒否します。"
        "外部から設定を確認できるのは--confirmだけです。"
    ),
    Note.COURIER_PEM: (
        "このファイルには秘密鍵と証明書の連鎖をまとめて格納します。courierのユーザだけが読み取れるようにしてください。"
    ),
    Note.COURIER_GNUTLS: (
        "DebianなどのGnuTLSを使用するビルド向けです。OpenSSLを使用するビルドではTLS_PROTOCOL=TLSv1.2を使用します。"
    ),
    Note.CYRUS_READABLE_KEY: "Cyrusを実行するユーザが鍵を読み取れる必要があります。",
    Note.EXCHANGE_BOTH: "PlainTextLoginおよびPlainTextAuthenticationは、平文を許可する値です。",
    Note.EXCHANGE_WINDOWS: "Windowsのすべてのサービスに及ぶ設定です。変更後に機器を再起動してください。",
    Note.ZIMBRA_PROXY: (
        "リバースプロキシを使用している場合、110番と143番ポートで応答するのはプロキシであり、その設定が有効になります。"
    ),
    Note.ZIMBRA_SERVER_OVERRIDES: (
        "個々のサーバに設定した値は、この設定より優先されます。「zmprov gs <server>」で確認し、"
        "「zmprov ms <server>」で設定してください。"
    ),
    Note.CPANEL_NOT_BY_HAND: "cPanelはDovecotの設定を自動生成するため、設定ファイルを直接変更しても失われます。",
    Note.HMAILSERVER_LIST: (
        "古いバージョンは、この変更の後もTLSの前にログイン方式を一覧に含め、その後で拒否します。"
        "外部から設定を確認できるのは--confirmだけです。"
    ),
    Note.MAILUTILS_CONNECTION: (
        "993番と995番ポートではモードを「connection」にします。再起動の前に、両プログラムの--config-lintで"
        "設定ファイルを検査できます。"
    ),
}

_READ_THE_LOG = (
    "サーバのログで原因を確認してください。よくある原因は、証明書を読み取れない、鍵が証明書と一致しない、許可された"
    "バージョンと暗号スイートに現行のクライアントが対応していない、のいずれかです。"
)

CLASS_STEPS = {
    Class.PREAUTH_EXPOSED: StepWords(
        title="開放されたメールボックスをただちに閉じる",
        text=(
            "ポートをネットワークから切り離してください。次に、全員をログイン済みにする設定（PREAUTH、GNU mailutilsでは"
            "「preauth」）を探して削除してください。メールは第三者に読まれたものと考えてください。"
        ),
    ),
    Class.CLEARTEXT_ON_TLS_PORT: StepWords(
        title="TLS専用のポートでTLSを使用する",
        text=(
            "このポートではTLSのないサービスが応答しています。待ち受けの設定をSSL/TLS（STARTTLSでも「なし」でもなく）に"
            "するか、ポートを閉じてください。"
        ),
    ),
    Class.IMPLICIT_ON_CLEARTEXT_PORT: StepWords(
        title="TLSを専用のポートへ移す",
        text="993番（IMAP）または995番（POP3）ポートで提供し、現在のポートを閉じてください。",
    ),
    Class.IMPLICIT_BROKEN: StepWords(title="TLS専用のポートのTLSを修復する", text=_READ_THE_LOG),
    Class.STARTTLS_BROKEN: StepWords(title="STARTTLSを修復する", text=_READ_THE_LOG),
    Class.STARTTLS_BROKEN_CLEARTEXT_OPEN: StepWords(title="STARTTLSを修復する", text=_READ_THE_LOG),
    Class.CHALLENGE_ONLY_NO_TLS: StepWords(
        title="旧来のチャレンジ方式をやめる",
        text=(
            "TLSが機能したら、CRAM-MD5、DIGEST-MD5、NTLM、APOPを無効にしてください。流れる内容からパスワードを推測でき、"
            "メールも保護されません。TLSの中では平文のパスワードのほうが適切です。"
        ),
    ),
    Class.SILENT: StepWords(
        title="サーバが応答しない原因を調べる",
        text=("過負荷、接続数の制限、別のサービスなどが考えられます。別の場所からも確認してください。"),
    ),
    Class.REFUSED_BY_POLICY: StepWords(
        title="許可されたアドレスから再度確認する",
        text="サーバが接続元や頻度を制限している可能性があります。ここからはこれ以上のことは分かりません。",
    ),
    Class.UNKNOWN_AUTH: StepWords(
        title="サーバの設定を確認する",
        text="サーバは対応機能を示していません。--transcriptで通信の全体を確認できます。",
    ),
}

_RENEW = "今後は自動で更新されるようにし、更新のたびにサーバへ再読み込みさせてください。"
_TRUSTED = "公的な認証局の証明書（ACME対応の認証局は無償で発行します）を使用し、連鎖全体を設定してください。"

FINDING_STEPS = {
    F.HIDDEN_STARTTLS: StepWords(
        title="利用できるTLSを提示する",
        text="手作業で書かれた対応機能の一覧や、メールの通信を書き換えるファイアウォールがないか確認してください。",
    ),
    F.WEAK_VERSION: NEEDS[Need.VERSIONS],
    F.CERT_EXPIRED: StepWords(title="証明書を更新する", text=_RENEW),
    F.CERT_NOT_YET_VALID: StepWords(
        title="現在有効な証明書を設定する",
        text="有効期間の開始日が未来です。サーバの時計を確認するか、以前の証明書に戻してください。",
    ),
    F.CERT_SELF_SIGNED: StepWords(title="クライアントが検証できる証明書を使用する", text=_TRUSTED),
    F.CERT_UNKNOWN_CA: StepWords(title="クライアントが検証できる証明書を使用する", text=_TRUSTED),
    F.CERT_NAME_MISMATCH: StepWords(
        title="利用者が入力する名前の証明書を使用する",
        text="メールソフトに設定された名前が、証明書に含まれている必要があります。どちらかを変更してください。",
    ),
    F.CERT_WEAK_KEY: StepWords(
        title="新しい鍵を作成する",
        text="2048ビット以上のRSA、またはP-256のECDSAを使用し、その鍵で新しい証明書を取得してください。",
    ),
    F.CERT_WEAK_SIGNATURE: StepWords(
        title="現行の署名方式の証明書を取得する",
        text="公的な認証局は現在SHA-256以上で署名しているため、新しく発行された証明書であれば問題ありません。",
    ),
    F.NO_CERTIFICATE: StepWords(
        title="サーバに証明書を設定し、匿名の暗号スイートを無効にする",
        text="暗号スイートの一覧からaNULL、ADH、AECDH（または「anon」）を取り除いてください。",
    ),
    F.LOGINDISABLED_CONTRADICTION: StepWords(
        title="LOGINDISABLEDと同時に平文のログイン方式を提示しない",
        text="LOGINコマンドだけでなく、TLSの前ではAUTHENTICATEのPLAINおよびLOGINも無効にしてください。",
    ),
    F.ANONYMOUS_LOGIN: StepWords(
        title="匿名ログインを無効にする",
        text="公開を目的としたサーバでない限り、SASL機構の一覧からANONYMOUSを取り除いてください。",
    ),
    F.BYTES_AFTER_STARTTLS_OK: StepWords(
        title="TLSの前に送られているものを調べる",
        text=(
            "内容がエラーであれば、TLSの開始に失敗しています。サーバのログを確認してください。それ以外の場合は、サーバを"
            "更新し、インターネットとの間にある機器を確認してください。"
        ),
    ),
    F.STARTTLS_MANGLED: StepWords(
        title="ファイアウォールのメール検査を無効にする",
        text="サーバ側と利用者側の双方で、POP3とIMAPの検査機能（「fixup」と呼ばれることもあります）を確認してください。",
    ),
    F.STARTTLS_STILL_LISTED_INSIDE_TLS: StepWords(
        title="TLSの中の一覧からSTARTTLSを取り除く",
        text="多くの場合、一覧が手作業で書かれていることが原因です。サーバに生成させてください。",
    ),
    F.LOGIN_STILL_DISABLED_INSIDE_TLS: StepWords(
        title="TLSの中でログインを許可する",
        text=(
            "現在は誰もログインできません。プロキシでTLSを終端している場合は、後段のサーバでそのプロキシを信頼するように"
            "設定してください。"
        ),
    ),
    F.TLS_RENEGOTIATED_DOWN: StepWords(
        title="TLSのバージョンを下げているものを調べる",
        text=(
            "途中でTLSを復号するプロキシやファイアウォールがないか確認してください。ない場合は、サーバを更新してください。"
        ),
    ),
    F.PASSWORD_GUESSING_EXPOSED: StepWords(
        title="失敗したログインを制限する",
        text=(
            "数回の失敗の後に遅延または遮断し（fail2banやサーバ自身の設定）、強固なパスワードを必須としてください。"
        ),
    ),
    F.COMMAND_INJECTION: StepWords(
        title="メールサーバを更新する",
        text=(
            "現行のバージョンは、TLSの前に送られたデータを破棄します。最新版でも発生する場合は、開発元に報告してください。"
        ),
    ),
}

PORTS = StepWords(
    title="不要なポートを閉じる",
    text=(
        "993番と995番ポートを残し、110番と143番ポートを閉じてください。外部から利用する人がいない場合は、VPNの内側に置くか、"
        "インターネットからの接続を遮断してください。"
    ),
)

PASSWORDS = StepWords(
    title="パスワードを変更してもらう",
    text=(
        "TLSなしのログインを拒否した後、それを利用していた全員に、このサーバと、同じパスワードを使用しているすべての"
        "サービスで、新しいパスワードを設定してもらってください。インターネット経由であれば、以前のパスワードの一部は"
        "読み取られたものと考えてください（RFC 8314 §4.1）。"
    ),
)
