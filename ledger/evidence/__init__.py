"""Floor 0: leaves, trees and notes as pure functions over bytes. It knows nothing of the domain."""
