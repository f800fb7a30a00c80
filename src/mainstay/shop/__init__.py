"""The sample shop: an agent to try Mainstay with, and the world that it acts on."""
