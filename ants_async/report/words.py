"""What the pages say, in English and in Thai."""

from collections.abc import Mapping
from typing import Final

from ants_async.models.codes import Advice

LANGUAGES: Final = ("en", "th")

UNITS: Final[Mapping[str, tuple[str, str]]] = {
    "ms": ("ms", "มิลลิวินาที"),
    "s": ("s", "วินาที"),
    "min": ("min", "นาที"),
    "h": ("h", "ชม."),
    "d": ("d", "วัน"),
}

WORDS: Final[Mapping[str, tuple[str, str]]] = {
    # the head
    "report": ("Campaign report", "รายงานแคมเปญ"),
    "language": ("Language", "ภาษา"),
    "theme": ("Colours", "โทนสี"),
    "auto": ("Auto", "อัตโนมัติ"),
    "light": ("Light", "สว่าง"),
    "dark": ("Dark", "มืด"),
    "running": ("Running", "กำลังส่ง"),
    "paused": ("Paused", "หยุดชั่วคราว"),
    "interrupted": ("Interrupted", "ถูกขัดจังหวะ"),
    "finished": ("Finished", "เสร็จสิ้น"),
    "cancelled": ("Cancelled", "ยกเลิกแล้ว"),
    "sender": ("Sender", "ผู้ส่ง"),
    "text": ("Text", "ข้อความ"),
    "own_texts": ("each recipient’s own", "ข้อความเฉพาะของผู้รับแต่ละราย"),
    "mode": ("Mode", "โหมด"),
    "source": ("List", "รายชื่อ"),
    "created": ("Created", "สร้างเมื่อ"),
    "sent_between": ("First sent", "ส่งครั้งแรก"),
    "last_done": ("Last final status", "สถานะสุดท้ายล่าสุด"),
    "reason": ("Why", "เหตุผล"),
    "not_read": ("not read to its end yet", "ยังอ่านไม่จบ"),
    # the four figures on top
    "delivered": ("Delivered", "ส่งถึงแล้ว"),
    "of_recipients": ("{part} of {whole} recipients", "{part} จากผู้รับ {whole} ราย"),
    "not_delivered": ("Not delivered", "ส่งไม่ถึง"),
    "still_open": ("{count} still open", "อีก {count} ยังไม่สิ้นสุด"),
    "all_ended": ("none is still open", "ไม่มีรายการค้าง"),
    "half_within": ("Half arrived within", "ครึ่งหนึ่งถึงภายใน"),
    "most_within": ("99% within {time}", "99% ภายใน {time}"),
    "cost": ("Cost", "ค่าใช้จ่าย"),
    "parts_sent": ("{count} message parts", "{count} ส่วนข้อความ"),
    "estimated": ("estimated", "ประมาณการ"),
    "unknown": ("not known", "ไม่ทราบ"),
    "no_price": (
        "no report named a price; --price reckons with one",
        "ไม่มีรายงานใดระบุราคา ใช้ --price เพื่อคำนวณ",
    ),
    "no_delivery": ("nothing was delivered yet", "ยังไม่มีข้อความที่ส่งถึง"),
    # the funnel
    "funnel": ("From the list to the phone", "จากรายชื่อถึงโทรศัพท์"),
    "rows": ("In the list", "ในรายชื่อ"),
    "rows_note": ("{count} duplicates are not sent twice", "ซ้ำ {count} รายการ ไม่ส่งซ้ำ"),
    "planned": ("Planned", "วางแผนส่ง"),
    "planned_note": ("recipients, each once", "ผู้รับ รายละหนึ่งครั้ง"),
    "accepted": ("Accepted", "ระบบรับแล้ว"),
    "accepted_note": ("taken by the API", "API รับไว้ส่ง"),
    "deduplicated_note": (
        "taken by the API; {count} were asked for twice and sent once",
        "API รับไว้ส่ง โดย {count} รายการถูกขอซ้ำแต่ส่งครั้งเดียว",
    ),
    "delivered_note": ("reported as delivered", "มีรายงานว่าส่งถึง"),
    "where_all_are": ("What became of every recipient", "ผลของผู้รับทุกราย"),
    "outcome": ("Outcome", "ผลลัพธ์"),
    "messages": ("Messages", "ข้อความ"),
    "share": ("Share", "สัดส่วน"),
    "undeliverable": ("Undeliverable", "ส่งไม่ได้"),
    "expired": ("Expired", "หมดอายุ"),
    "rejected": ("Rejected", "ถูกปฏิเสธ"),
    "unresolved": ("Unresolved", "ไม่ทราบผล"),
    "waiting": ("Waiting for a final status", "รอสถานะสุดท้าย"),
    "unsent": ("Not sent yet", "ยังไม่ได้ส่ง"),
    "duplicates": ("Duplicates in the list", "รายการซ้ำในรายชื่อ"),
    "suppressed": ("On a suppression list", "อยู่ในรายการห้ามส่ง"),
    "suppressed_note": ("{count} are on a suppression list", "อยู่ในรายการห้ามส่ง {count} ราย"),
    "total": ("Total", "รวม"),
    # charts
    "over_time": ("Delivery over time", "การส่งตามเวลา"),
    "every": ("messages every {time}", "ข้อความต่อ {time}"),
    "sent": ("Sent", "ส่งออก"),
    "failed": ("Failed", "ล้มเหลว"),
    "outside": ("{count} more lie outside the time shown.", "อีก {count} รายการอยู่นอกช่วงเวลาที่แสดง"),
    "no_times": ("No report named a time yet.", "ยังไม่มีรายงานที่ระบุเวลา"),
    "numbers": ("The numbers", "ตัวเลข"),
    "time": ("Time", "เวลา"),
    "latency": ("Time to delivery", "เวลาจนส่งถึง"),
    "latency_note": ("from sent to delivered, {count} messages", "ตั้งแต่ส่งจนถึงผู้รับ {count} ข้อความ"),
    "p50": ("half within", "ครึ่งหนึ่งภายใน"),
    "p90": ("90% within", "90% ภายใน"),
    "p99": ("99% within", "99% ภายใน"),
    "backwards": (
        "{count} were delivered before they were sent, by the clocks of others; they count as the shortest.",
        "{count} รายการมีเวลาส่งถึงก่อนเวลาส่งตามนาฬิกาของผู้อื่น จึงนับเป็นเวลาสั้นที่สุด",
    ),
    "from": ("From", "ตั้งแต่"),
    "to_time": ("To", "ถึง"),
    # errors
    "errors": ("What went wrong, and what to do", "สาเหตุที่ส่งไม่ถึง และสิ่งที่ควรทำ"),
    "no_errors": ("Nothing went wrong.", "ไม่มีข้อผิดพลาด"),
    "cause": ("Cause", "สาเหตุ"),
    "advice": ("What to do", "สิ่งที่ควรทำ"),
    "other_causes": ("{count} more for rarer causes", "อีก {count} รายการจากสาเหตุที่พบน้อยกว่า"),
    # cost and networks
    "priced": ("{count} messages with a price", "{count} ข้อความที่มีราคา"),
    "currency": ("Currency", "สกุลเงิน"),
    "amount": ("Amount", "จำนวนเงิน"),
    "for_failures": ("of it for failures", "ในนั้นเป็นรายการที่ล้มเหลว"),
    "per_delivery": ("a delivery", "ต่อการส่งถึง"),
    "price_note": (
        "The price of a part, as the reports name it, times the parts of each message.",
        "ราคาต่อส่วนตามรายงาน คูณด้วยจำนวนส่วนของแต่ละข้อความ",
    ),
    "unpriced_note": (
        "{count} messages ({parts} parts) have no price in their reports.",
        "{count} ข้อความ ({parts} ส่วน) ไม่มีราคาในรายงาน",
    ),
    "estimate_note": (
        "{parts} parts without a reported price are reckoned at {price} each.",
        "{parts} ส่วนที่ไม่มีราคาในรายงาน คิดที่ส่วนละ {price}",
    ),
    "networks": ("Slowest networks", "เครือข่ายที่ช้าที่สุด"),
    "network": ("Network", "เครือข่าย"),
    "no_networks": ("No report named a network.", "ไม่มีรายงานที่ระบุเครือข่าย"),
    "other_networks": ("{count} messages of further networks", "{count} ข้อความของเครือข่ายอื่น"),
    # failures
    "failures": ("Everybody it did not reach", "ผู้รับที่ข้อความไปไม่ถึง"),
    "search": ("Search", "ค้นหา"),
    "row": ("Row", "แถว"),
    "number": ("Number", "หมายเลข"),
    "message_id": ("Message id", "รหัสข้อความ"),
    "all": ("All", "ทั้งหมด"),
    "shown": ("{from}–{to} of {count}", "{from}–{to} จาก {count}"),
    "none_found": ("Nothing found.", "ไม่พบรายการ"),
    "previous": ("Previous", "ก่อนหน้า"),
    "next": ("Next", "ถัดไป"),
    "left_out": (
        "{count} more are not in this page; “ants-async campaign results” writes all of them.",
        "อีก {count} รายการไม่อยู่ในหน้านี้ ใช้ “ants-async campaign results” เพื่อเขียนทั้งหมด",
    ),
    "masked": ("Numbers are masked.", "หมายเลขถูกปิดบังบางส่วน"),
    "needs_script": ("This table needs JavaScript.", "ตารางนี้ต้องใช้ JavaScript"),
    "no_failures": ("It reached everybody so far.", "ข้อความถึงทุกคนแล้วจนถึงขณะนี้"),
    "made": ("Made {time} by ants-async {version}.", "สร้างเมื่อ {time} โดย ants-async {version}"),
    "zone": ("Times are those of UTC{offset}.", "เวลาทั้งหมดเป็น UTC{offset}"),
    # the monitor
    "monitor": ("Campaigns", "แคมเปญ"),
    "list": ("All campaigns", "แคมเปญทั้งหมด"),
    "connecting": ("Connecting …", "กำลังเชื่อมต่อ …"),
    "needs_script_here": ("This page needs JavaScript.", "หน้านี้ต้องใช้ JavaScript"),
    "lost": ("No connection; trying again.", "ขาดการเชื่อมต่อ กำลังลองใหม่"),
    "none_yet": ("There is no campaign yet.", "ยังไม่มีแคมเปญ"),
    "more_campaigns": ("{count} older ones are not shown.", "ไม่แสดงรายการเก่าอีก {count} รายการ"),
    "recipients": ("Recipients", "ผู้รับ"),
    "of_whole": ("{part} of {whole}", "{part} จาก {whole}"),
    "reading": ("the list is not read to its end yet", "ยังอ่านรายชื่อไม่จบ"),
    "rate_now": ("Sending now", "อัตราส่งขณะนี้"),
    "no_rate": ("nothing is being sent", "ไม่มีการส่ง"),
    "ended": ("At their end", "สิ้นสุดแล้ว"),
    "all_sent_in": ("All sent in about", "จะส่งครบในอีกราว"),
    "unknown_left": ("not known yet", "ยังไม่ทราบ"),
    "is_over": ("nothing is left to send", "ไม่มีรายการเหลือส่ง"),
    "own_text": ("each recipient’s own text", "ข้อความเฉพาะของผู้รับแต่ละราย"),
    "updated": ("Updated {time}", "อัปเดต {time}"),
    "course": ("The course so far", "ความคืบหน้า"),
    **UNITS,
}

ADVICE: Final[Mapping[Advice, tuple[str, str]]] = {
    one: (one.text, thai)
    for one, thai in {
        Advice.NOTHING: "ไม่ต้องทำอะไร ไม่มีข้อผิดพลาด",
        Advice.WAIT: "รอสักครู่ ข้อความกำลังเดินทาง สถานะสุดท้ายจะตามมา",
        Advice.RETRY_LATER: "ส่งใหม่ภายหลัง ครั้งนี้ยังรับข้อความไม่ได้",
        Advice.MAY_HAVE_ARRIVED: "ส่งใหม่เฉพาะเมื่อได้รับซ้ำแล้วไม่เสียหาย ไม่มีรายงานที่ชัดเจน ข้อความอาจถึงแล้ว",
        Advice.FIX_NUMBER: "แก้ไขหมายเลขหรือตัดออก ไม่มีข้อความใดส่งถึงหมายเลขนี้ได้",
        Advice.DO_NOT_RETRY: "อย่าส่งถึงหมายเลขนี้อีก ผู้รับปฏิเสธข้อความลักษณะนี้ หรืออยู่ในบัญชีดำ",
        Advice.FIX_SENDER: "ใช้ชื่อผู้ส่งอื่น ชื่อนี้ไม่ได้ลงทะเบียนกับบัญชี หรืออยู่ในบัญชีดำ",
        Advice.FIX_MESSAGE: "แก้ไขข้อความหรือเนื้อหาไบนารี ส่งในรูปแบบนี้ไม่ได้",
        Advice.NEW_ID: "หากเป็นการส่งซ้ำ ครั้งแรกถึงแล้ว ข้อความใหม่ต้องมี messageId ของตัวเอง",
        Advice.TOP_UP: "เติมเงินในบัญชี เครดิตหมดหรือหมดอายุ",
        Advice.ASK_SUPPORT: "สอบถามผู้ดูแลบัญชีหรือฝ่ายสนับสนุน ผู้ส่งแก้ไขเองไม่ได้",
    }.items()
}
"""Every advice as a sentence in both languages."""

NETWORKS: Final[Mapping[str, str]] = {
    "52000": "NT",
    "52001": "AIS",
    "52003": "AIS",
    "52004": "TrueMove H",
    "52005": "dtac",
    "52015": "NT",
    "52018": "dtac",
    "52099": "TrueMove H",
}
"""Thai networks by their code, for people."""
