"""A test-only application that shows every layout and component in every state."""
