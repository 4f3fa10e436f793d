package factortest

import "testing"

// Broken names the rules that a subject breaks.
func Broken(t *testing.T, s Subject) (names []string) {
	t.Helper()
	for _, r := range rules {
		if r.holds(s, t) != nil {
			names = append(names, r.name)
		}
	}
	return names
}

// Rules are the names of all rules.
func Rules() (names []string) {
	for _, r := range rules {
		names = append(names, r.name)
	}
	return names
}
