package web

import (
	"net/url"
	"path"
	"strings"
)

// ReturnTo accepts a path of this site, query included, and refuses everything that some browser or proxy
// could read as an address elsewhere (gauntlet I06). What it accepts it returns unchanged.
func ReturnTo(raw string) (string, bool) {
	const limit = 2048
	if len(raw) > limit || !strings.HasPrefix(raw, "/") || strings.Contains(raw, "//") || strings.ContainsFunc(raw, unwelcome) {
		return "", false
	}
	u, err := url.Parse(raw)
	if err != nil || u.IsAbs() || u.Host != "" || u.User != nil || !plainPath(u) {
		return "", false
	}
	return raw, true
}

// unwelcome: browsers read a backslash as a slash and drop tabs and line ends; a fragment would be carried on
// by the next redirect; other alphabets hold look-alikes of all of these.
func unwelcome(c rune) bool { return c <= ' ' || c > '~' || c == '\\' || c == '#' }

// plainPath refuses a path that means something else once it is decoded (once or twice) or cleaned.
func plainPath(u *url.URL) bool {
	for _, trick := range []string{"%2f", "%5c", "%25"} {
		if strings.Contains(strings.ToLower(u.EscapedPath()), trick) {
			return false
		}
	}
	if strings.ContainsFunc(u.Path, func(c rune) bool { return c < ' ' || c == 0x7f }) {
		return false
	}
	clean := path.Clean(u.Path)
	return u.Path == clean || u.Path == clean+"/"
}
