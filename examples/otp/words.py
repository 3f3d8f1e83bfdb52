"""What the page says, in Thai and in English."""

from fastapi import Request

WORDS = {
    "th": {
        "other_language": "English",
        "title": "เข้าสู่ระบบ",
        "number": "หมายเลขโทรศัพท์มือถือ",
        "number_hint": "เช่น 081 234 5678 เราจะส่งรหัส 6 หลักให้ทาง SMS",
        "send": "ส่งรหัส",
        "pin": "รหัส 6 หลัก",
        "pin_hint": "ส่งไปที่ {number} แล้ว รหัสใช้ได้ 5 นาที",
        "check": "ยืนยันรหัส",
        "again": "ส่งรหัสอีกครั้ง",
        "new_pin": "ขอรหัสใหม่",
        "other_number": "ใช้หมายเลขอื่น",
        "welcome": "ยินดีต้อนรับ",
        "welcome_back": "ยินดีต้อนรับกลับมา",
        "logged_in": "เข้าสู่ระบบด้วยหมายเลข {number} แล้ว",
        "logout": "ออกจากระบบ",
        "simulator": "กำลังใช้ตัวจำลอง: ดูข้อความที่ส่ง",
        "bad_number": "หมายเลขนี้ดูไม่เหมือนเบอร์มือถือไทย ลองตรวจสอบอีกครั้ง เช่น 081 234 5678",
        "no_pin": "รหัสเป็นตัวเลข 6 หลัก ดูได้ใน SMS ที่เราส่งให้",
        "wrong": "รหัสไม่ถูกต้อง ลองได้อีก {tries} ครั้ง",
        "used_up": "รหัสนี้ใช้ไม่ได้แล้ว เพราะลองผิดหลายครั้ง กรุณาขอรหัสใหม่",
        "expired": "รหัสหมดอายุแล้ว กรุณาขอรหัสใหม่",
        "too_soon": "SMS อาจใช้เวลาสักครู่ ขออีกครั้งได้ใน {wait}",
        "limit": "ขอหรือลองบ่อยเกินไป กรุณาลองใหม่ใน {wait}",
        "limit_unknown": "ขอหรือลองบ่อยเกินไป กรุณาลองใหม่ภายหลัง",
        "begin_again": "เริ่มใหม่ได้เลย กรุณากรอกหมายเลขอีกครั้ง",
        "unclear": "ไม่แน่ใจว่า SMS ส่งออกไปหรือไม่ กรุณารอ 1 นาที แล้วขออีกครั้ง",
        "unchecked": "ตรวจสอบรหัสไม่สำเร็จ กรุณาลองอีกครั้ง",
        "trouble": "ตอนนี้ส่ง SMS ไม่ได้ กรุณาลองใหม่อีกครั้งในอีกสักครู่",
        "second": "วินาที",
        "seconds": "วินาที",
        "minute": "นาที",
        "minutes": "นาที",
        "hour": "ชั่วโมง",
        "hours": "ชั่วโมง",
    },
    "en": {
        "other_language": "ไทย",
        "title": "Log in",
        "number": "Mobile number",
        "number_hint": "Like 081 234 5678. We send a 6-digit PIN by SMS.",
        "send": "Send PIN",
        "pin": "6-digit PIN",
        "pin_hint": "Sent to {number}. It is good for 5 minutes.",
        "check": "Log in",
        "again": "Send the PIN again",
        "new_pin": "Send a new PIN",
        "other_number": "Use another number",
        "welcome": "Welcome",
        "welcome_back": "Welcome back",
        "logged_in": "You are logged in as {number}.",
        "logout": "Log out",
        "simulator": "This is the simulator: see the texts it sent",
        "bad_number": "That does not look like a Thai mobile number. Please check it: like 081 234 5678.",
        "no_pin": "A PIN has 6 digits. It stands in the SMS that we sent.",
        "wrong": "That is not the PIN. Tries left: {tries}.",
        "used_up": "That was wrong too often, so this PIN is not good any more. Please ask for a new one.",
        "expired": "This PIN has expired. Please ask for a new one.",
        "too_soon": "An SMS can take a moment. You can ask again in {wait}.",
        "limit": "That was too often. Please try again in {wait}.",
        "limit_unknown": "That was too often. Please try again later.",
        "begin_again": "Let us begin again: please type your number.",
        "unclear": "We cannot tell whether the SMS went out. Please wait a minute, then ask again.",
        "unchecked": "The PIN could not be checked. Please try again.",
        "trouble": "We cannot send an SMS right now. Please try again in a moment.",
        "second": "second",
        "seconds": "seconds",
        "minute": "minute",
        "minutes": "minutes",
        "hour": "hour",
        "hours": "hours",
    },
}


def language_of(request: Request) -> str:
    """As chosen on the page, or as the browser wants it; Thai where it wants neither."""
    chosen = request.cookies.get("language")
    wanted = [one.strip()[:2].lower() for one in request.headers.get("accept-language", "").split(",")]
    return next((one for one in (chosen, *wanted) if one in WORDS), "th")


def waiting(language: str, seconds: float | None) -> str:
    """A wait as people say it, never too short: 90 seconds are "2 minutes"."""
    units = (("hour", 3600), ("minute", 60), ("second", 1))
    unit, size = next((one for one in units if (seconds or 0) > one[1]), units[-1])
    count = max(1, -int(-(seconds or 0) // size))
    return f"{count} {WORDS[language][unit if count == 1 else f'{unit}s']}"
