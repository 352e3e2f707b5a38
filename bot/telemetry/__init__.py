"""What leaves the bot about itself: error reports, counts of use, and the register of hosts that it may reach."""
