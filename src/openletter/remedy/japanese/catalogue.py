"""Japanese: everything that is not a class, a finding or a step, and the whole put together."""

from openletter.enrich.product import Certainty, How
from openletter.remedy.japanese.classes import CLASSES
from openletter.remedy.japanese.findings import FINDINGS
from openletter.remedy.japanese.steps import (
    CLASS_STEPS,
    FINDING_STEPS,
    NEEDS,
    NOTES,
    PASSWORDS,
    PORTS,
)
from openletter.remedy.words import Catalogue
from openletter.verdict.classes import Evidence, Severity
from openletter.verdict.facts import Sibling
from openletter.verdict.host import Label
from openletter.verdict.login import Reason

EVIDENCE = {
    Evidence.PROVEN: "実証：所有者自身のテスト用アカウントで、TLS 前のログインを試行しました。",
    Evidence.OFFERED: "確認：パスワードを送らずに、TLS 前のログインを開始できるか確認しました。",
    Evidence.ADVERTISED: "表明：サーバー自身がそう示しています。ログインは試行していません。",
    Evidence.AMBIGUOUS: (
        "曖昧：サーバー自身がそう示していますが、この製品は、TLS 前のログインを一覧に含めながら拒否することが知られています。"
        "自身が管理するサーバーであれば、--confirm によりパスワードなしで確認できます。"
    ),
    Evidence.ASSUMED: (
        "推定：サーバーは対応機能を一覧するコマンドに対応していません。これほど古いサーバーは USER と PASS を受け付けます。"
    ),
}

REASONS = {
    Reason.PROVEN_OPEN: "テスト用アカウントで、TLS の前にログインできました。",
    Reason.PROVEN_CLOSED: "テスト用アカウントで、TLS の前にログインできませんでした。",
    Reason.CONFIRMED_OPEN: "サーバーは、求めに応じて TLS の前にログインを開始しました。",
    Reason.CONFIRMED_CLOSED: "サーバーは、TLS の前のログインの開始を拒否しました。",
    Reason.AUTH_OFFERED: "サーバーは、TLS の前に、パスワードが見えるログイン方式（AUTH=）を一覧に含めています。",
    Reason.AUTH_OFFERED_DESPITE_LOGINDISABLED: (
        "サーバーは、TLS の前に LOGINDISABLED を示すと同時に、メールソフトが使用し得る、パスワードが見えるログイン方式（AUTH=）を"
        "一覧に含めています。"
    ),
    Reason.LOGIN_NOT_DISABLED: (
        "サーバーは、TLS の前に LOGINDISABLED を示していないため、LOGIN コマンドを使用できます。"
    ),
    Reason.LOGIN_DISABLED: (
        "サーバーは、TLS の前に LOGINDISABLED を示し、パスワードが見えるログイン方式を一覧に含めていません。"
    ),
    Reason.XTLSREQUIRED: "サーバーは XTLSREQUIRED を示しています。TLS の前にはログインできないという意味です。",
    Reason.USER_LISTED: "サーバーは、TLS の前に、平文のパスワードによるログインである USER を一覧に含めています。",
    Reason.SASL_OFFERED: "サーバーは、TLS の前に、パスワードが見える SASL ログイン方式を一覧に含めています。",
    Reason.BARE_SASL: (
        "サーバーは、TLS の前に、STLS とともに方式名のない SASL を示しています。TLS の前にはログインできないという意味です。"
    ),
    Reason.NO_PASSWORD_MECHANISM: (
        "サーバーは、TLS の前に、パスワードが見えるログイン方式を一覧に含めていません。"
    ),
    Reason.CAPA_REFUSED: "サーバーは、対応機能を問い合わせるコマンド CAPA を拒否しました。",
    Reason.LIST_REFUSED: "サーバーは、対応機能を示すことを拒否しました。",
    Reason.NO_ANSWER: "対応機能を問い合わせましたが、サーバーは応答しませんでした。",
    Reason.NOT_ASKED: "直接確認しました。サーバーがログインについて示す内容には依存しません。",
}

SIBLINGS = {
    Sibling.TLS: "同じサービスの TLS 専用ポート（IMAP は 993 番、POP3 は 995 番）では、TLS を使用できます。",
    Sibling.NONE: "同じサービスの TLS 専用ポート（IMAP は 993 番、POP3 は 995 番）では、TLS を使用できません。",
    Sibling.UNKNOWN: (
        "同じサービスの TLS 専用ポート（IMAP は 993 番、POP3 は 995 番）で TLS を使用できるかは不明です。"
        "調査していないか、応答がありませんでした。"
    ),
}

SEVERITIES = {
    Severity.CRITICAL: "緊急：誰にでも開放されています",
    Severity.HIGH: "高：わずかな手間で誰にでも開放されます",
    Severity.MEDIUM: "中：通信を盗聴するだけで悪用できます",
    Severity.LOW: "低：悪用には通信経路への介在が必要です",
    Severity.INFO: "情報：把握しておく価値があります",
    Severity.NONE: "なし：ここにメールサーバーはありません",
}

LABELS = {
    Label.ALL_CLEARTEXT: "パスワードまたはメールが暗号化されずに流れるおそれがあり、このホストでは TLS が確認されませんでした。",
    Label.TLS_AVAILABLE_NOT_REQUIRED: (
        "TLS は利用できますが、パスワードまたはメールが暗号化されずに流れるおそれがあります。"
    ),
    Label.TLS_REQUIRED: "パスワードは TLS の中でのみ流れます。",
    Label.IMPLICIT_ONLY: "メールは TLS の中でのみ提供され、ほかのポートでは提供されていません。",
    Label.BROKEN: "パスワードが暗号化されずに流れることはありませんが、TLS も機能していません。",
    Label.UNKNOWN: "このホストが何を公開しているかは判明しませんでした。",
}

HOW = {
    How.ID: "サーバーが示した識別情報",
    How.IMPLEMENTATION: "IMPLEMENTATION 行",
    How.BANNER: "グリーティング",
    How.FINGERPRINT: "対応機能の組み合わせ",
    How.NOTHING: "根拠なし",
}

CERTAINTY = {
    Certainty.CERTAIN: "サーバーは {product}{version} を名乗っています（根拠：{how}）。",
    Certainty.LIKELY: "おそらく {product}{version} です（根拠：{how}）。",
    Certainty.GUESS: "{product}{version} の可能性がありますが、{how}からの推測にすぎません。",
    Certainty.NONE: "製品は特定できませんでした。",
}

JAPANESE = Catalogue(
    language="ja",
    classes=CLASSES,
    findings=FINDINGS,
    evidence=EVIDENCE,
    reasons=REASONS,
    siblings=SIBLINGS,
    severities=SEVERITIES,
    labels=LABELS,
    how=HOW,
    certainty=CERTAINTY,
    perhaps="{product} の一部である可能性がありますが、推測にすぎません。",
    needs=NEEDS,
    notes=NOTES,
    class_steps=CLASS_STEPS,
    finding_steps=FINDING_STEPS,
    ports=PORTS,
    passwords=PASSWORDS,
    unsettled=(
        "TLS の開始を試みましたが一度も応答がなかったため、ネットワークに原因がある可能性があります。"
        "対応の前に再度確認してください。"
    ),
)
