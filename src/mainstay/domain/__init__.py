"""The words of Mainstay as frozen types and pure rules; nothing here awaits."""
