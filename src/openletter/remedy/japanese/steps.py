"""Japanese: what to do."""

from openletter.remedy.settings import Need, Note
from openletter.remedy.words import StepWords
from openletter.verdict.classes import Class
from openletter.verdict.findings import FindingName as F

NEEDS = {
    Need.TLS_ON: StepWords(
        title="TLS を有効にする",
        text=(
            "利用者がメールソフトに入力する名前の証明書をメールサーバーに設定し（ACME 対応の認証局は無償で発行します）、"
            "TLS を提供してください。TLS なしのログインを拒否する前に実施しないと、誰もログインできなくなります。"
        ),
    ),
    Need.LOGIN_OFF: StepWords(
        title="TLS なしのログインを拒否する",
        text=(
            "まず、メールソフトで SSL/TLS（または STARTTLS）を選択するよう利用者に案内してください。暗号化なしに設定された"
            "メールソフトは、この変更の後はログインできません。"
        ),
    ),
    Need.VERSIONS: StepWords(
        title="TLS 1.2 および 1.3 だけを許可する",
        text="ソフトウェアが TLS 1.2 に対応していない場合は、更新するか、TLS に対応したプロキシを前段に置いてください。",
    ),
}

NOTES = {
    Note.NONE: "",
    Note.DOVECOT_OWN_MACHINE: (
        "別の機器から確認してください。Dovecot は、自身が動作する機器からの TLS なしのログインを常に受け付けます。"
    ),
    Note.DOVECOT_WHICH: (
        "Dovecot はネットワーク経由ではバージョンを示しません。サーバー上で「dovecot --version」を実行してください。"
    ),
    Note.COURIER_POP3_LISTS_USER: (
        "Courier の POP3 サーバーは、この変更の後も TLS の前に USER を一覧に含め、その後で拒否します。"
        "外部から設定を確認できるのは --confirm だけです。"
    ),
    Note.COURIER_PEM: (
        "このファイルには秘密鍵と証明書の連鎖をまとめて格納します。courier のユーザーだけが読み取れるようにしてください。"
    ),
    Note.COURIER_GNUTLS: (
        "Debian などの GnuTLS を使用するビルド向けです。OpenSSL を使用するビルドでは TLS_PROTOCOL=TLSv1.2 を使用します。"
    ),
    Note.CYRUS_READABLE_KEY: "Cyrus を実行するユーザーが鍵を読み取れる必要があります。",
    Note.EXCHANGE_BOTH: "PlainTextLogin および PlainTextAuthentication は、平文を許可する値です。",
    Note.EXCHANGE_WINDOWS: "Windows のすべてのサービスに及ぶ設定です。変更後に機器を再起動してください。",
    Note.ZIMBRA_PROXY: (
        "リバースプロキシを使用している場合、110 番と 143 番ポートで応答するのはプロキシであり、その設定が有効になります。"
    ),
    Note.ZIMBRA_SERVER_OVERRIDES: (
        "個々のサーバーに設定した値は、この設定より優先されます。「zmprov gs <server>」で確認し、"
        "「zmprov ms <server>」で設定してください。"
    ),
    Note.CPANEL_NOT_BY_HAND: "cPanel は Dovecot の設定を自動生成するため、設定ファイルを直接変更しても失われます。",
    Note.HMAILSERVER_LIST: (
        "古いバージョンは、この変更の後も TLS の前にログイン方式を一覧に含め、その後で拒否します。"
        "外部から設定を確認できるのは --confirm だけです。"
    ),
    Note.MAILUTILS_CONNECTION: (
        "993 番と 995 番ポートではモードを「connection」にします。再起動の前に、両プログラムの --config-lint で"
        "設定ファイルを検査できます。"
    ),
}

_READ_THE_LOG = (
    "サーバーのログで原因を確認してください。よくある原因は、証明書を読み取れない、鍵が証明書と一致しない、許可された"
    "バージョンと暗号スイートに現行のクライアントが対応していない、のいずれかです。"
)

CLASS_STEPS = {
    Class.PREAUTH_EXPOSED: StepWords(
        title="開放されたメールボックスをただちに閉じる",
        text=(
            "ポートをネットワークから切り離してください。次に、全員をログイン済みにする設定（PREAUTH、GNU mailutils では"
            "「preauth」）を探して削除してください。メールは第三者に読まれたものと考えてください。"
        ),
    ),
    Class.CLEARTEXT_ON_TLS_PORT: StepWords(
        title="TLS 専用のポートで TLS を使用する",
        text=(
            "このポートでは TLS のないサービスが応答しています。待ち受けの設定を SSL/TLS（STARTTLS でも「なし」でもなく）に"
            "するか、ポートを閉じてください。"
        ),
    ),
    Class.IMPLICIT_ON_CLEARTEXT_PORT: StepWords(
        title="TLS を専用のポートへ移す",
        text="993 番（IMAP）または 995 番（POP3）ポートで提供し、現在のポートを閉じてください。",
    ),
    Class.IMPLICIT_BROKEN: StepWords(title="TLS 専用のポートの TLS を修復する", text=_READ_THE_LOG),
    Class.STARTTLS_BROKEN: StepWords(title="STARTTLS を修復する", text=_READ_THE_LOG),
    Class.STARTTLS_BROKEN_CLEARTEXT_OPEN: StepWords(title="STARTTLS を修復する", text=_READ_THE_LOG),
    Class.CHALLENGE_ONLY_NO_TLS: StepWords(
        title="旧来のチャレンジ方式をやめる",
        text=(
            "TLS が機能したら、CRAM-MD5、DIGEST-MD5、NTLM、APOP を無効にしてください。流れる内容からパスワードを推測でき、"
            "メールも保護されません。TLS の中では平文のパスワードのほうが適切です。"
        ),
    ),
    Class.SILENT: StepWords(
        title="サーバーが応答しない原因を調べる",
        text=("過負荷、接続数の制限、別のサービスなどが考えられます。別の場所からも確認してください。"),
    ),
    Class.REFUSED_BY_POLICY: StepWords(
        title="許可されたアドレスから再度確認する",
        text="サーバーが接続元や頻度を制限している可能性があります。ここからはこれ以上のことは分かりません。",
    ),
    Class.UNKNOWN_AUTH: StepWords(
        title="サーバーの設定を確認する",
        text="サーバーは対応機能を示していません。通信記録（コマンドラインでは --transcript）で、途切れた箇所を確認できます。",
    ),
}

_RENEW = "今後は自動で更新されるようにし、更新のたびにサーバーへ再読み込みさせてください。"
_TRUSTED = "公的な認証局の証明書（ACME 対応の認証局は無償で発行します）を使用し、連鎖全体を設定してください。"

FINDING_STEPS = {
    F.HIDDEN_STARTTLS: StepWords(
        title="利用できる TLS を提示する",
        text="手作業で書かれた対応機能の一覧や、メールの通信を書き換えるファイアウォールがないか確認してください。",
    ),
    F.WEAK_VERSION: NEEDS[Need.VERSIONS],
    F.CERT_EXPIRED: StepWords(title="証明書を更新する", text=_RENEW),
    F.CERT_NOT_YET_VALID: StepWords(
        title="現在有効な証明書を設定する",
        text="有効期間の開始日が未来です。サーバーの時計を確認するか、以前の証明書に戻してください。",
    ),
    F.CERT_SELF_SIGNED: StepWords(title="クライアントが検証できる証明書を使用する", text=_TRUSTED),
    F.CERT_UNKNOWN_CA: StepWords(title="クライアントが検証できる証明書を使用する", text=_TRUSTED),
    F.CERT_NAME_MISMATCH: StepWords(
        title="利用者が入力する名前の証明書を使用する",
        text="メールソフトに設定された名前が、証明書に含まれている必要があります。どちらかを変更してください。",
    ),
    F.CERT_WEAK_KEY: StepWords(
        title="新しい鍵を作成する",
        text="2048 ビット以上の RSA、または P-256 の ECDSA を使用し、その鍵で新しい証明書を取得してください。",
    ),
    F.CERT_WEAK_SIGNATURE: StepWords(
        title="現行の署名方式の証明書を取得する",
        text="公的な認証局は現在 SHA-256 以上で署名しているため、新しく発行された証明書であれば問題ありません。",
    ),
    F.NO_CERTIFICATE: StepWords(
        title="サーバーに証明書を設定し、匿名の暗号スイートを無効にする",
        text="暗号スイートの一覧から aNULL、ADH、AECDH（または「anon」）を取り除いてください。",
    ),
    F.LOGINDISABLED_CONTRADICTION: StepWords(
        title="LOGINDISABLED と同時に平文のログイン方式を提示しない",
        text="LOGIN コマンドだけでなく、TLS の前では AUTHENTICATE の PLAIN および LOGIN も無効にしてください。",
    ),
    F.ANONYMOUS_LOGIN: StepWords(
        title="匿名ログインを無効にする",
        text="公開を目的としたサーバーでない限り、SASL 機構の一覧から ANONYMOUS を取り除いてください。",
    ),
    F.BYTES_AFTER_STARTTLS_OK: StepWords(
        title="TLS の前に送られているものを調べる",
        text=(
            "内容がエラーであれば、TLS の開始に失敗しています。サーバーのログを確認してください。それ以外の場合は、サーバーを"
            "更新し、インターネットとの間にある機器を確認してください。"
        ),
    ),
    F.STARTTLS_MANGLED: StepWords(
        title="ファイアウォールのメール検査を無効にする",
        text="サーバー側と利用者側の双方で、POP3 と IMAP の検査機能（「fixup」と呼ばれることもあります）を確認してください。",
    ),
    F.STARTTLS_STILL_LISTED_INSIDE_TLS: StepWords(
        title="TLS の中の一覧から STARTTLS を取り除く",
        text="多くの場合、一覧が手作業で書かれていることが原因です。サーバーに生成させてください。",
    ),
    F.LOGIN_STILL_DISABLED_INSIDE_TLS: StepWords(
        title="TLS の中でログインを許可する",
        text=(
            "現在は誰もログインできません。プロキシで TLS を終端している場合は、後段のサーバーでそのプロキシを信頼するように"
            "設定してください。"
        ),
    ),
    F.TLS_RENEGOTIATED_DOWN: StepWords(
        title="TLS のバージョンを下げているものを調べる",
        text=(
            "途中で TLS を復号するプロキシやファイアウォールがないか確認してください。ない場合は、サーバーを更新してください。"
        ),
    ),
    F.PASSWORD_GUESSING_EXPOSED: StepWords(
        title="失敗したログインを制限する",
        text=(
            "数回の失敗の後に遅延または遮断し（fail2ban やサーバー自身の設定）、強固なパスワードを必須としてください。"
        ),
    ),
    F.COMMAND_INJECTION: StepWords(
        title="メールサーバーを更新する",
        text=(
            "現行のバージョンは、TLS の前に送られたデータを破棄します。最新版でも発生する場合は、開発元に報告してください。"
        ),
    ),
}

PORTS = StepWords(
    title="不要なポートを閉じる",
    text=(
        "993 番と 995 番ポートを残し、110 番と 143 番ポートを閉じてください。外部から利用する人がいない場合は、"
        "VPN の内側に置くか、インターネットからの接続を遮断してください。"
    ),
)

PASSWORDS = StepWords(
    title="パスワードを変更してもらう",
    text=(
        "TLS なしのログインを拒否した後、それを利用していた全員に、このサーバーと、同じパスワードを使用しているすべての"
        "サービスで、新しいパスワードを設定してもらってください。インターネット経由であれば、以前のパスワードの一部は"
        "読み取られたものと考えてください（RFC 8314 §4.1）。"
    ),
)
