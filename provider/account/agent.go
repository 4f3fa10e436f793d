package account

import "strings"

// mark is a piece of an agent string and what it gives away.
type mark struct{ piece, name string }

// Most browsers claim to be the ones before them, so the order decides.
var (
	browsers = []mark{
		{"Edg", "Edge"}, {"OPR/", "Opera"}, {"SamsungBrowser/", "Samsung Internet"}, {"Firefox/", "Firefox"}, {"FxiOS/", "Firefox"},
		{"CriOS/", "Chrome"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"},
	}
	systems = []mark{
		{"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Android", "Android"}, {"Windows", "Windows"}, {"Macintosh", "macOS"}, {"CrOS", "ChromeOS"},
		{"Linux", "Linux"},
	}
)

// browser is a short name for people to recognise a session by, never a fact to decide on: the string is the
// client's to choose. What is not one of the big browsers keeps the name it gives itself; "" without one.
func browser(agent string) string {
	name, system := first(browsers, agent), first(systems, agent)
	if name == "" {
		name, _, _ = strings.Cut(agent, "/")
		name, _, _ = strings.Cut(name, " ")
	}
	if name == "" || system == "" {
		return name
	}
	return name + " (" + system + ")"
}

func first(marks []mark, agent string) string {
	for _, m := range marks {
		if strings.Contains(agent, m.piece) {
			return m.name
		}
	}
	return ""
}
