"""Japanese: the findings. Every ``law`` says what its English counterpart says, which was written beside the cited sections."""

from openletter.remedy.words import Words
from openletter.verdict.findings import FindingName as F

_NOTHING_MORE = "この点だけによる影響はありません。"
_NONE = "影響はありません。"
_IMPERSONATE = (
    "通信経路に介在する攻撃者はサーバーになりすますことができ、メールソフトはそれを見分けられません。"
)
_USED_TO_WARNINGS = (
    "警告に慣れた利用者は、通信経路に介在する攻撃者が別の証明書を示した場合にも受け入れてしまいます。"
)
_READS_THOSE = "通信を盗聴する者は、それらのメールソフトの通信内容を読むことができます。"
_AUTHORITY = "証明書の連鎖は、クライアントが信頼する認証局に至る必要があります。"
_VALIDITY = "証明書は、有効期間の開始日時から終了日時まで有効です。"

FINDINGS: dict[F, Words] = {
    F.HIDDEN_STARTTLS: Words(
        title="TLS は機能しますが、サーバーが提示していません",
        crosses="提示された場合にだけ TLS を使用するメールソフトの通信すべてです。",
        passive=_READS_THOSE,
        active=_NOTHING_MORE,
        law="STARTTLS（POP3 では STLS）に対応するサーバーは、それを対応機能の一覧に含めます。",
        clause="RFC 2595 §3, §4",
    ),
    F.WEAK_VERSION: Words(
        title="古いバージョンの TLS しか成立しません",
        crosses=_NOTHING_MORE,
        passive=_NOTHING_MORE,
        active="通信経路に介在する攻撃者は、これらのバージョンに対する既知の攻撃により、内容の一部を解読できます。",
        law=(
            "SSL 3.0、TLS 1.0 および TLS 1.1 は使用してはなりません。メール事業者は、利用者をできるだけ早く TLS 1.2 以降へ"
            "移行させるべきです。"
        ),
        clause="RFC 8996 §4, §5, RFC 8997 §3, RFC 7568 §3",
    ),
    F.CERT_EXPIRED: Words(
        title="証明書の有効期限が切れています",
        crosses=_NONE,
        passive=_NONE,
        active=_USED_TO_WARNINGS,
        law=_VALIDITY,
        clause="RFC 5280 §4.1.2.5",
    ),
    F.CERT_NOT_YET_VALID: Words(
        title="証明書の有効期間がまだ始まっていません",
        crosses=_NONE,
        passive=_NONE,
        active=_USED_TO_WARNINGS,
        law=_VALIDITY,
        clause="RFC 5280 §4.1.2.5",
    ),
    F.CERT_SELF_SIGNED: Words(
        title="自己署名証明書です",
        crosses=_NONE,
        passive=_NONE,
        active=_IMPERSONATE,
        law=_AUTHORITY,
        clause="RFC 5280 §6.1",
    ),
    F.CERT_UNKNOWN_CA: Words(
        title="証明書が既知の認証局に至りません",
        crosses=_NONE,
        passive=_NONE,
        active=_IMPERSONATE,
        law=_AUTHORITY,
        clause="RFC 5280 §6.1",
    ),
    F.CERT_NAME_MISMATCH: Words(
        title="証明書の名前が一致しません",
        crosses=_NONE,
        passive=_NONE,
        active=_IMPERSONATE,
        law="クライアントは、接続先として想定する名前と証明書の名前を照合しなければなりません。",
        clause="RFC 9051 §11.1, RFC 7817 §3",
    ),
    F.CERT_WEAK_KEY: Words(
        title="証明書の鍵が短すぎます",
        crosses=_NOTHING_MORE,
        passive="鍵を計算できた者は、前方秘匿性のない記録済みの通信を読むことができます。",
        active="鍵を計算できた者は、サーバーになりすますことができます。",
        law="RSA 鍵は 2048 ビット以上が必要です。224 ビット未満の楕円曲線は使用してはなりません。",
        clause="RFC 9325 §4.5",
    ),
    F.CERT_WEAK_SIGNATURE: Words(
        title="証明書の署名方式が破られています",
        crosses=_NONE,
        passive=_NONE,
        active="十分な資金があれば、同じ署名を持つ証明書を偽造できます。",
        law="証明書に SHA-1 または MD5 による署名を使用してはなりません。SHA-256 が推奨されています。",
        clause="RFC 9325 §4.5",
    ),
    F.NO_CERTIFICATE: Words(
        title="証明書のない TLS です",
        crosses=_NONE,
        passive=_NONE,
        active=_IMPERSONATE,
        law="証明書のない TLS は、盗聴に対してのみ保護になります。",
        clause="RFC 5246 §F.1.1.1",
    ),
    F.LOGINDISABLED_CONTRADICTION: Words(
        title="ログインを無効と示しながら、同時に提示しています",
        crosses="メールソフトがその提示に従った場合のパスワードです。",
        passive="通信を盗聴する者は、そのパスワードを読むことができます。",
        active=_NOTHING_MORE,
        law=(
            "TLS の前に平文のパスワードを拒否するサーバーは、LOGINDISABLED を示し、平文のパスワードを使うログイン方式を"
            "一覧に含めません。"
        ),
        clause="RFC 9051 §6.2.3, §11.7",
    ),
    F.ANONYMOUS_LOGIN: Words(
        title="パスワード不要のログインが提示されています",
        crosses=_NOTHING_MORE,
        passive=_NOTHING_MORE,
        active="攻撃の必要すらありません。接続した者は誰でもゲストとしてログインし、ゲストに許された内容を見ることができます。",
        law="匿名ログインは、管理者が有効にすると判断するまで無効にしておくべきです。",
        clause="RFC 4505 §5",
    ),
    F.BYTES_AFTER_STARTTLS_OK: Words(
        title="TLS 開始の応答と TLS の間に、暗号化されていないデータがありました",
        crosses=_NOTHING_MORE,
        passive=_NOTHING_MORE,
        active="通信経路に介在する攻撃者は、不注意なメールソフトが保護されたものと誤認するデータを挿入できます。",
        law="サーバーが TLS の開始に同意した行の直後から、TLS が始まります。",
        clause="RFC 9051 §6.2.1, RFC 2595 §4",
    ),
    F.STARTTLS_MANGLED: Words(
        title="サーバーとの間にある何かが、TLS の提示を書き換えました",
        crosses="提示された場合にだけ TLS を使用するメールソフトの通信すべてです。",
        passive=_READS_THOSE,
        active="通信経路に介在する攻撃者の手口と同じです。ここではおそらくファイアウォールによるものです。",
        law=(
            "通信経路に介在する攻撃者は、TLS の提示を取り除くことができます。クライアントは警告するか、TLS なしでの継続を"
            "拒否できるようにすべきです。"
        ),
        clause="RFC 2595 §9",
    ),
    F.STARTTLS_STILL_LISTED_INSIDE_TLS: Words(
        title="TLS の中で TLS が再び提示されています",
        crosses=_NONE,
        passive=_NONE,
        active=_NONE,
        law="TLS の開始後、STARTTLS は一覧に含めるべきではありません。STLS は、許される場合にだけ一覧に含めます。",
        clause="RFC 9051 §6.2.1, RFC 2595 §4",
    ),
    F.LOGIN_STILL_DISABLED_INSIDE_TLS: Words(
        title="TLS の中でもログインが提示されていません",
        crosses=_NONE,
        passive=_NONE,
        active=_NONE,
        law=(
            "LOGINDISABLED が示されている場合、クライアントは LOGIN を送信してはならないため、利用者はログインできません。"
        ),
        clause="RFC 9051 §6.2.3",
    ),
    F.TLS_RENEGOTIATED_DOWN: Words(
        title="サーバーまたは途中の何かにより、TLS のバージョンが下げられました",
        crosses=_NOTHING_MORE,
        passive=_NOTHING_MORE,
        active=(
            "通信経路に介在する攻撃者がすでに活動しているか、サーバーが、対応するものより攻撃しやすい古いバージョンに"
            "同意しています。"
        ),
        law=(
            "TLS 1.3 に対応するサーバーは、古いバージョンに同意する際、応答に印を付けます。TLS 1.3 を提示したクライアントは、"
            "その場合に接続を終了しなければなりません。"
        ),
        clause="RFC 8446 §4.1.3",
    ),
    F.PASSWORD_GUESSING_EXPOSED: Words(
        title="インターネット上の誰もがここでパスワードを試すことができます",
        crosses=_NOTHING_MORE,
        passive=_NOTHING_MORE,
        active="失敗したログインが制限されていなければ、誰もがどこからでもパスワードを試すことができます。",
        law="サーバーは、失敗したログインを制限または遅延させ、記録し、パスワードの推測の試みを監視すべきです。",
        clause="RFC 9051 §11.7",
    ),
    F.COMMAND_INJECTION: Words(
        title="TLS の前に送られたコマンドが、TLS の中で実行されます",
        crosses=_NOTHING_MORE,
        passive=_NOTHING_MORE,
        active=(
            "通信経路に介在する攻撃者は、利用者のコマンドの前に別のコマンドを挿入し、メールやパスワードを"
            "横取りすることができます。"
        ),
        law=(
            "TLS の開始前に届いたデータは破棄するか、TLS ハンドシェイクとして読み取らなければなりません。後者の場合、"
            "ハンドシェイクは失敗します。"
        ),
        clause="RFC 9051 §6.2.1",
    ),
}
