"""Japanese: the classes. Every ``law`` says what its English counterpart says, which was written beside the cited sections."""

from openletter.remedy.words import Words
from openletter.verdict.classes import Class

_NOT_KNOWN = "不明です。"
_LISTENER_LEARNS_NOTHING = "通信を盗聴されても、内容は知られません。"
_LISTENER_SEES_TRAFFIC = "通信を盗聴された場合、メールの通信があることは分かりますが、内容は読まれません。"
_USERS_TURN_TLS_OFF = (
    "接続できない利用者が TLS を無効にしてしまうおそれがあり、"
    "その場合、通信経路に介在する攻撃者に利用されます。"
)
_BOTH_CHECK = (
    "サーバーは TLS 1.2 以降に対応しなければならず、失敗が見込まれる場合には STARTTLS を提示すべきではありません。"
    "クライアントとサーバーの双方が、TLS が実際に始まったことを確認する必要があります。"
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
        title="接続できましたが、サーバーは何も応答しませんでした",
        crosses="不明です。接続は受け付けられましたが、グリーティングが届きませんでした。",
        passive=_NOT_KNOWN,
        active=_NOT_KNOWN,
        law="",
        clause="",
    ),
    Class.NOT_MAIL: Words(
        title="メール以外のサービスが応答しています",
        crosses="メールは流れません。応答しているサービスは POP3 でも IMAP でもありません。",
        passive="メールに関する影響はありません。",
        active="メールに関する影響はありません。",
        law="",
        clause="",
    ),
    Class.IMPLICIT_ON_CLEARTEXT_PORT: Words(
        title="本来と異なるポートで、接続直後から TLS を使用しています",
        crosses="平文では何も流れません。サーバーは接続直後から TLS を使用します。",
        passive=_LISTENER_SEES_TRAFFIC,
        active=(
            "メールソフトはこのポートに TLS なしのサーバーがあると想定しているため、通信経路に介在する攻撃者は、"
            "TLS のないサーバーになりすますことができます。"
        ),
        law="接続直後から TLS を使用する方式には専用のポート（IMAP は 993 番、POP3 は 995 番）があります。",
        clause="RFC 8314 §3",
    ),
    Class.REFUSED_BY_POLICY: Words(
        title="サーバーが接続を拒否しました",
        crosses="不明です。サーバーはグリーティングで接続を拒否しました。",
        passive=_NOT_KNOWN,
        active=_NOT_KNOWN,
        law="IMAP サーバーは、受け付けない接続に対して BYE を返し、切断することができます。",
        clause="RFC 9051 §7.1.5",
    ),
    Class.PREAUTH_EXPOSED: Words(
        title="パスワードなしでメールボックスを開くことができます",
        crosses="メールそのものです。サーバーは、接続した者すべてをログイン済みとして扱います。",
        passive="接続が TLS で保護されていない限り、通信を盗聴する者は、他人が取得するメールを読むことができます。",
        active="攻撃の必要すらありません。接続しただけでメールボックスに入ることができます。",
        law=(
            "このグリーティングの後は TLS を開始できないため、PREAUTH は、TLS などで保護された接続でのみ使用すべき"
            "とされています。"
        ),
        clause="RFC 9051 §7.1.4",
    ),
    Class.CLEARTEXT_ON_TLS_PORT: Words(
        title="TLS 専用のポートで TLS が使用されていません",
        crosses="すべての内容です。TLS が始まるべきポートで、サーバーは暗号化せずに応答します。",
        passive=(
            "通信を盗聴する者は、この状態を受け入れるメールソフトのユーザー名、パスワードおよびメールを読むことができます。"
        ),
        active="通信経路に介在する攻撃者は、内容を改ざんすることもできます。",
        law="993 番および 995 番ポートでは、接続の確立後ただちに TLS ハンドシェイクを開始します。",
        clause="RFC 8314 §3",
    ),
    Class.IMPLICIT_BROKEN: Words(
        title="TLS 専用のポートで TLS が機能していません",
        crosses="流れた内容は確認されていません。ログインの前に接続が終わります。",
        passive=_LISTENER_LEARNS_NOTHING,
        active=_USERS_TURN_TLS_OFF,
        law="メールサーバーは TLS 1.2 以降に対応しなければなりません。TLS 1.0 および TLS 1.1 は使用してはなりません。",
        clause="RFC 8996, RFC 8314 §4",
    ),
    Class.NO_TLS: Words(
        title="TLS が利用できず、パスワードとメールが暗号化されずに流れます",
        crosses="ユーザー名、パスワード、すべてのメールです。通信経路上の誰もが読むことができます。",
        passive="通信を盗聴する者は、ユーザー名とパスワードを記録し、取得されるメールをすべて読むことができます。",
        active="通信経路に介在する攻撃者は、メールを改ざんし、サーバーになりすまして応答することもできます。",
        law=(
            "事業者は TLS による POP3 および IMAP を提供しなければならず、TLS なしの接続はできるだけ早く終了すべきです。"
            "TLS などの保護がない状態で平文のパスワードを受け付けるべきではありません。"
        ),
        clause="RFC 8314 §4, RFC 9051 §6.2.2",
    ),
    Class.CLEARTEXT_PORT_OPEN: Words(
        title="TLS 専用ポートは機能していますが、このポートではパスワードが暗号化されずに流れます",
        crosses="このポートでメールソフトが送受信するすべて（ユーザー名、パスワード、メール）です。",
        passive=(
            "通信を盗聴する者は、TLS 専用ポートではなくこのポートを使用する利用者のパスワードを記録することができます。"
        ),
        active=(
            "通信経路に介在する攻撃者が TLS 専用ポートを遮断すると、メールソフトがこのポートに切り替えるおそれがあります。"
        ),
        law="TLS なしの接続は最終的に停止するか、更新できない古いシステムに限って残すべきとされています。",
        clause="RFC 8314 §4.1",
    ),
    Class.TLS_OPTIONAL: Words(
        title="TLS は提供されていますが、TLS なしでもパスワードを受け付けます",
        crosses="TLS を要求しないメールソフトのユーザー名、パスワード、メールです。",
        passive="通信を盗聴する者は、暗号化なしに設定されたメールソフトのパスワードを記録することができます。",
        active=(
            "通信経路に介在する攻撃者は、TLS の提示を取り除くことができます。多くのメールソフトは、警告なしに"
            "暗号化せず通信を続けます。"
        ),
        law=(
            "TLS などの保護がない状態で平文のパスワードを受け付けるべきではありません。TLS なしの接続は最終的に停止するか、"
            "更新できない古いシステムに限って残すべきとされています。"
        ),
        clause="RFC 9051 §6.2.2, RFC 8314 §4.1",
    ),
    Class.STARTTLS_BROKEN_CLEARTEXT_OPEN: Words(
        title="TLS が失敗し、TLS なしでパスワードを受け付けます",
        crosses="TLS を諦めたメールソフトが送受信するすべて（ユーザー名、パスワード、メール）です。",
        passive="通信を盗聴する者は、暗号化せずに通信を続けるメールソフトのパスワードを記録することができます。",
        active="攻撃の必要すらありません。サーバー自体の不具合により、メールソフトは TLS を使用できません。",
        law=_BOTH_CHECK,
        clause="RFC 9051 §11.1, RFC 8314 §4",
    ),
    Class.STARTTLS_BROKEN: Words(
        title="TLS が失敗し、このポートではログインできません",
        crosses="パスワードは流れません。TLS の前には受け付けられず、TLS は始まりません。",
        passive=_LISTENER_LEARNS_NOTHING,
        active=_USERS_TURN_TLS_OFF,
        law=_BOTH_CHECK,
        clause="RFC 9051 §11.1, RFC 8314 §4",
    ),
    Class.CHALLENGE_ONLY_NO_TLS: Words(
        title="TLS がなく、チャレンジ方式によりパスワードは隠れますが、メールは保護されません",
        crosses="すべてのメールと、パスワードの推測に使われるチャレンジへの応答です。",
        passive=(
            "通信を盗聴する者は、メールを読むことができ、記録した応答に対してパスワードを何度でも試すことができます。"
        ),
        active="通信経路に介在する攻撃者は、ログイン後の接続を乗っ取ることもできます。",
        law=(
            "事業者は TLS による POP3 および IMAP を提供しなければなりません。標準が挙げる、"
            "平文のパスワードを使わないログイン方式は SCRAM-SHA-256、GSSAPI、EXTERNAL であり、"
            "旧来のチャレンジ方式は含まれません。"
        ),
        clause="RFC 9051 §6.2.2, RFC 8314 §4",
    ),
    Class.NO_SECURE_LOGIN: Words(
        title="このポートには TLS がありませんが、平文のパスワードによるログインもありません",
        crosses="パスワードは流れません。ほかの方式でログインした場合、その後のメールは読まれます。",
        passive="通信を盗聴する者は、ほかの方式でログインした利用者のメールを読むことができます。",
        active="通信経路に介在する攻撃者は、ログイン後のセッションを乗っ取ることができます。",
        law="事業者は TLS による POP3 および IMAP を提供しなければなりません。",
        clause="RFC 8314 §4",
    ),
    Class.TLS_REQUIRED: Words(
        title="パスワードは TLS の開始後にのみ受け付けます",
        crosses="グリーティングと TLS を開始するコマンドだけです。パスワードもメールも流れません。",
        passive=_LISTENER_SEES_TRAFFIC,
        active=(
            "通信経路に介在する攻撃者は TLS を妨げることができますが、TLS を必須とするメールソフトからパスワードを得ることは"
            "できません。必須としないメールソフトは、攻撃者にパスワードを送るおそれがあります。"
        ),
        law="暗号化なしで始まるポートに対して標準が求める状態です。",
        clause="",
    ),
    Class.IMPLICIT_TLS: Words(
        title="接続直後から TLS を使用しています",
        crosses="平文では何も流れません。",
        passive=_LISTENER_SEES_TRAFFIC,
        active="メールソフトが証明書を検証する限り、通信経路に介在する攻撃者が得るものはありません。",
        law="メールへの接続方法として標準が推奨する方式です。",
        clause="RFC 8314 §3",
    ),
    Class.UNKNOWN_AUTH: Words(
        title="メールサーバーですが、受け付けるログイン方式は不明です",
        crosses="不明です。サーバーが対応機能を示さなかったか、通信が途中で終わりました。",
        passive=_NOT_KNOWN,
        active=_NOT_KNOWN,
        law="",
        clause="",
    ),
}
