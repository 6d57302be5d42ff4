"""Japanese: the classes. Every ``law`` says what its English counterpart says, which was written beside the cited sections."""

from openletter.remedy.words import Words
from openletter.verdict.classes import Class

_NOT_KNOWN = "不明です。"
_LISTENER_LEARNS_NOTHING = "通信を盗聴されても、内容は知られません。"
_LISTENER_SEES_TRAFFIC = "通信を盗聴された場合、メールの通信があることは分かりますが、内容は読まれません。"
_USERS_TURN_TLS_OFF = "接続できない利用者がTLSを無効にしてしまうおそれがあり、その場合、通信経路に介在する攻撃者に利用されます。"
_BOTH_CHECK = (
    "サーバはTLS 1.2以降に対応しなければならず、失敗が見込まれる場合にはSTARTTLSを提示すべきではありません。"
    "クライアントとサーバの双方が、TLSが実際に始まったことを確認する必要があります。"
)

CLASSES: dict[Class, Words] = {
    Class.UNREACHABLE: Words(
        title="応答がありません",
        crosses="何も流れません。接続できませんでした。",
        passive=_LISTENER_LEARNS_NOTHING,
        active="通信経路に介在する攻撃者が得るものはありません。",
        law="",
        clause="",
    ),
    Class.SILENT: Words(
        title="接続できましたが、サーバは何も応答しませんでした",
        crosses="不明です。接続は受け付けられましたが、グリーティングが届きませんでした。",
        passive=_NOT_KNOWN,
        active=_NOT_KNOWN,
        law="",
        clause="",
    ),
    Class.NOT_MAIL: Words(
        title="メール以外のサービスが応答しています",
        crosses="メールは流れません。応答しているサービスはPOP3でもIMAPでもありません。",
        passive="メールに関する影響はありません。",
        active="メールに関する影響はありません。",
        law="",
        clause="",
    ),
    Class.IMPLICIT_ON_CLEARTEXT_PORT: Words(
        title="本来と異なるポートで、接続直後からTLSを使用しています",
        crosses="平文では何も流れません。サーバは接続直後からTLSを使用します。",
        passive=_LISTENER_SEES_TRAFFIC,
        active=(
            "メールソフトはこのポートにTLSなしのサーバがあると想定しているため、通信経路に介在する攻撃者は、"
            "TLSのないサーバになりすますことができます。"
        ),
        law="接続直後からTLSを使用する方式には専用のポート（IMAPは993番、POP3は995番）があります。",
        clause="RFC 8314 §3",
    ),
    Class.REFUSED_BY_POLICY: Words(
        title="サーバが接続を拒否しました",
        crosses="不明です。サーバはグリーティングで接続を拒否しました。",
        passive=_NOT_KNOWN,
        active=_NOT_KNOWN,
        law="IMAPサーバは、受け付けない接続に対してBYEを返し、切断することができます。",
        clause="RFC 9051 §7.1.5",
    ),
    Class.PREAUTH_EXPOSED: Words(
        title="パスワードなしでメールボックスを開くことができます",
        crosses="メールそのものです。サーバは、接続した者すべてをログイン済みとして扱います。",
        passive="接続がTLSで保護されていない限り、通信を盗聴する者は、他人が取得するメールを読むことができます。",
        active="攻撃の必要すらありません。接続しただけでメールボックスに入ることができます。",
        law=(
            "このグリーティングの後はTLSを開始できないため、PREAUTHは、TLSなどで保護された接続でのみ使用すべき"
            "とされています。"
        ),
        clause="RFC 9051 §7.1.4",
    ),
    Class.CLEARTEXT_ON_TLS_PORT: Words(
        title="TLS専用のポートでTLSが使用されていません",
        crosses="すべての内容です。TLSが始まるべきポートで、サーバは暗号化せずに応答します。",
        passive=(
            "通信を盗聴する者は、この状態を受け入れるメールソフトのユーザ名、パスワードおよびメールを読むことができます。"
        ),
        active="通信経路に介在する攻撃者は、内容を改ざんすることもできます。",
        law="993番および995番ポートでは、接続の確立後ただちにTLSハンドシェイクを開始します。",
        clause="RFC 8314 §3",
    ),
    Class.IMPLICIT_BROKEN: Words(
        title="TLS専用のポートでTLSが機能していません",
        crosses="流れた内容は確認されていません。ログインの前に接続が終わります。",
        passive=_LISTENER_LEARNS_NOTHING,
        active=_USERS_TURN_TLS_OFF,
        law="メールサーバはTLS 1.2以降に対応しなければなりません。TLS 1.0およびTLS 1.1は使用してはなりません。",
        clause="RFC 8996, RFC 8314 §4",
    ),
    Class.NO_TLS: Words(
        title="TLSが利用できず、パスワードとメールが暗号化されずに流れます",
        crosses="ユーザ名、パスワード、すべてのメールです。通信経路上の誰もが読むことができます。",
        passive="通信を盗聴する者は、ユーザ名とパスワードを記録し、取得されるメールをすべて読むことができます。",
        active="通信経路に介在する攻撃者は、メールを改ざんし、サーバになりすまして応答することもできます。",
        law=(
            "事業者はTLSによるPOP3およびIMAPを提供しなければならず、TLSなしの接続はできるだけ早く終了すべきです。"
            "TLSなどの保護がない状態で平文のパスワードを受け付けるべきではありません。"
        ),
        clause="RFC 8314 §4, RFC 9051 §6.2.2",
    ),
    Class.CLEARTEXT_PORT_OPEN: Words(
        title="TLS専用ポートは機能していますが、このポートではパスワードが暗号化されずに流れます",
        crosses="このポートでメールソフトが送受信するすべて（ユーザ名、パスワード、メール）です。",
        passive=(
            "通信を盗聴する者は、TLS専用ポートではなくこのポートを使用する利用者のパスワードを記録することができます。"
        ),
        active=(
            "通信経路に介在する攻撃者がTLS専用ポートを遮断すると、メールソフトがこのポートに切り替えるおそれがあります。"
        ),
        law="TLSなしの接続は最終的に停止するか、更新できない古いシステムに限って残すべきとされています。",
        clause="RFC 8314 §4.1",
    ),
    Class.TLS_OPTIONAL: Words(
        title="TLSは提供されていますが、TLSなしでもパスワードを受け付けます",
        crosses="TLSを要求しないメールソフトのユーザ名、パスワード、メールです。",
        passive="通信を盗聴する者は、暗号化なしに設定されたメールソフトのパスワードを記録することができます。",
        active=(
            "通信経路に介在する攻撃者は、TLSの提示を取り除くことができます。多くのメールソフトは、警告なしに"
            "暗号化せず通信を続けます。"
        ),
        law=(
            "TLSなどの保護がない状態で平文のパスワードを受け付けるべきではありません。TLSなしの接続は最終的に停止するか、"
            "更新できない古いシステムに限って残すべきとされています。"
        ),
        clause="RFC 9051 §6.2.2, RFC 8314 §4.1",
    ),
    Class.STARTTLS_BROKEN_CLEARTEXT_OPEN: Words(
        title="TLSが失敗し、TLSなしでパスワードを受け付けます",
        crosses="TLSを諦めたメールソフトが送受信するすべて（ユーザ名、パスワード、メール）です。",
        passive="通信を盗聴する者は、暗号化せずに通信を続けるメールソフトのパスワードを記録することができます。",
        active="攻撃の必要すらありません。サーバ自体の不具合により、メールソフトはTLSを使用できません。",
        law=_BOTH_CHECK,
        clause="RFC 9051 §11.1, RFC 8314 §4",
    ),
    Class.STARTTLS_BROKEN: Words(
        title="TLSが失敗し、このポートではログインできません",
        crosses="パスワードは流れません。TLSの前には受け付けられず、TLSは始まりません。",
        passive=_LISTENER_LEARNS_NOTHING,
        active=_USERS_TURN_TLS_OFF,
        law=_BOTH_CHECK,
        clause="RFC 9051 §11.1, RFC 8314 §4",
    ),
    Class.CHALLENGE_ONLY_NO_TLS: Words(
        title="TLSがなく、チャレンジ方式によりパスワードは隠れますが、メールは保護されません",
        crosses="すべてのメールと、パスワードの推測に使われるチャレンジへの応答です。",
        passive=(
            "通信を盗聴する者は、メールを読むことができ、記録した応答に対してパスワードを何度でも試すことができます。"
        ),
        active="通信経路に介在する攻撃者は、ログイン後の接続を乗っ取ることもできます。",
        law=(
            "事業者はTLSによるPOP3およびIMAPを提供しなければなりません。標準が挙げる、平文のパスワードを使わないログイン方式は"
            "SCRAM-SHA-256、GSSAPI、EXTERNALであり、旧来のチャレンジ方式は含まれません。"
        ),
        clause="RFC 9051 §6.2.2, RFC 8314 §4",
    ),
    Class.NO_SECURE_LOGIN: Words(
        title="このポートにはTLSがありませんが、平文のパスワードによるログインもありません",
        crosses="パスワードは流れません。ほかの方式でログインした場合、その後のメールは読まれます。",
        passive="通信を盗聴する者は、ほかの方式でログインした利用者のメールを読むことができます。",
        active="通信経路に介在する攻撃者は、ログイン後のセッションを乗っ取ることができます。",
        law="事業者はTLSによるPOP3およびIMAPを提供しなければなりません。",
        clause="RFC 8314 §4",
    ),
    Class.TLS_REQUIRED: Words(
        title="パスワードはTLSの開始後にのみ受け付けます",
        crosses="グリーティングとTLSを開始するコマンドだけです。パスワードもメールも流れません。",
        passive=_LISTENER_SEES_TRAFFIC,
        active=(
            "通信経路に介在する攻撃者はTLSを妨げることができますが、TLSを必須とするメールソフトからパスワードを得ることは"
            "できません。必須としないメールソフトは、攻撃者にパスワードを送るおそれがあります。"
        ),
        law="暗号化なしで始まるポートに対して標準が求める状態です。",
        clause="",
    ),
    Class.IMPLICIT_TLS: Words(
        title="接続直後からTLSを使用しています",
        crosses="平文では何も流れません。",
        passive=_LISTENER_SEES_TRAFFIC,
        active="メールソフトが証明書を検証する限り、通信経路に介在する攻撃者が得るものはありません。",
        law="メールへの接続方法として標準が推奨する方式です。",
        clause="RFC 8314 §3",
    ),
    Class.UNKNOWN_AUTH: Words(
        title="メールサーバですが、受け付けるログイン方式は不明です",
        crosses="不明です。サーバが対応機能を示さなかったか、通信が途中で終わりました。",
        passive=_NOT_KNOWN,
        active=_NOT_KNOWN,
        law="",
        clause="",
    ),
}
