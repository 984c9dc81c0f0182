"""Money: minor units as integers inside, exact text outside, by the exponents of ISO 4217.

An exponent is the number of decimals of a currency: 2 for USD, 0 for JPY, 3 for KWD. Codes
without a minor unit (gold, drawing rights, testing) have none and are unknown here: an amount in
them is no whole number of anything. Some withdrawn codes are kept because old files carry them.
"""

from typing import Final

from revtui.core.errors import UsageError

_TWO_DECIMALS: Final = (
    """
AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE
CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD
HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK
MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD
RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH
USD USN UYU UZS VED VES WST XAD XCD XCG YER ZMW ZWG
ANG BGN CUC EEK HRK LTL LVL MRO SLL STD VEF ZMK ZWL
"""  # the last line: withdrawn
    "ZAR"  # codespell:ignore zar
)
_NO_DECIMALS: Final = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF BYR"
_THREE_DECIMALS: Final = "BHD IQD JOD KWD LYD OMR TND"
_FOUR_DECIMALS: Final = "CLF UYW"

EXPONENTS: Final = {
    code: exponent
    for exponent, codes in ((0, _NO_DECIMALS), (2, _TWO_DECIMALS), (3, _THREE_DECIMALS), (4, _FOUR_DECIMALS))
    for code in sorted(codes.split())
}
"""ISO 4217 code -> number of decimals."""

_SYMBOLS: Final = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥"}


def exponent(currency: str) -> int:
    """The number of decimals of a currency.

    Raises:
        UsageError: when the code is unknown.

    >>> exponent("USD"), exponent("JPY"), exponent("KWD")
    (2, 0, 3)
    """
    if currency not in EXPONENTS:
        raise UsageError(f"unknown currency {currency!r}", hint="write an ISO 4217 code, such as USD or EUR")
    return EXPONENTS[currency]


def format_minor(amount_minor: int, currency: str) -> str:
    """Exact decimal text for data.

    >>> format_minor(-1230, "USD"), format_minor(12, "JPY"), format_minor(1234, "KWD")
    ('-12.30', '12', '1.234')
    """
    return _sign(amount_minor) + _digits(abs(amount_minor), exponent(currency), grouping="")


def format_money(amount_minor: int, currency: str) -> str:
    """Exact text for people, with its currency.

    >>> format_money(4_821_350, "USD"), format_money(-123_450, "CHF")
    ('$48,213.50', '-CHF 1,234.50')
    """
    digits = _digits(abs(amount_minor), exponent(currency), grouping=",")
    return f"{_sign(amount_minor)}{_prefix(currency)}{digits}"


def _digits(number: int, decimals: int, *, grouping: str) -> str:
    whole, fraction = divmod(number, 10**decimals)
    return f"{whole:{grouping}}" + (f".{fraction:0{decimals}}" if decimals else "")


def _sign(number: int) -> str:
    return "-" if number < 0 else ""


def _prefix(currency: str) -> str:
    return _SYMBOLS.get(currency, f"{currency} ")
