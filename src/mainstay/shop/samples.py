"""The orders that a new shop has."""

from mainstay.shop.orders import NewOrder

# Every customer has these, each their own: whoever follows the README finds 1042.
FOR_EVERYONE = (
    NewOrder("1042", "Walking shoes, size 42", 5990, tracking="PW-1042-8831"),
    NewOrder(
        "1043",
        "Rain jacket, blue",
        8450,
        status="shipped",
        ordered_day=-3,
        tracking="PW-1043-2207",
        eta_day=2,
    ),
    NewOrder("1044", "Tent for four", 24900, tracking="PW-1044-5190"),
    NewOrder(
        "1045",
        "Thermos flask",
        2795,
        status="processing",
        ordered_day=-1,
        carrier=None,
        eta_day=5,
    ),
)

# Orders of one customer; for anyone else they do not exist.
OF_ONE = {
    "erika": (
        NewOrder("2001", "Climbing rope, 60 m", 7990, tracking="PW-2001-7340"),
        NewOrder("2002", "Head torch", 3450, tracking="PW-2002-1126"),
    ),
}
