-- Starts busted inside the running interpreter, so that valgrind, AddressSanitizer and the coverage
-- counter see the tests themselves and not a launcher.
require "busted.runner" { standalone = false }
