package client

import (
	"slices"
	"strconv"
	"strings"
)

// Redirects reports whether answers may be sent to uri: it is registered, character by character (RFC 9700
// 2.1). Only the port of a native application's registered loopback address may vary, because its
// operating system assigns it at run time (RFC 8252 7.3).
func (c Client) Redirects(uri string) bool {
	if slices.Contains(c.RedirectUris, uri) {
		return true
	}
	return c.ApplicationType == Native && slices.ContainsFunc(c.RedirectUris, func(registered string) bool {
		return sameLoopback(registered, uri)
	})
}

// LeavesTo reports whether uri is registered for the time after sign-out (OpenID Connect RP-Initiated Logout 3.1).
func (c Client) LeavesTo(uri string) bool { return slices.Contains(c.PostLogoutRedirectUris, uri) }

func sameLoopback(registered, uri string) bool {
	host, rest, ok := splitLoopback(registered)
	otherHost, otherRest, otherOK := splitLoopback(uri)
	return ok && otherOK && host == otherHost && rest == otherRest
}

// splitLoopback cuts the port out of a loopback address without parsing it as a URL: two parsers that
// disagree about where the host ends are how such comparisons are fooled. "localhost" is not here,
// since it may resolve to somebody else (RFC 8252 8.3).
func splitLoopback(uri string) (host, rest string, ok bool) {
	for _, host = range []string{"http://127.0.0.1", "http://[::1]"} {
		if after, found := strings.CutPrefix(uri, host); found {
			rest, ok = cutPort(after)
			return host, rest, ok
		}
	}
	return "", "", false
}

func cutPort(s string) (rest string, ok bool) {
	if port, found := strings.CutPrefix(s, ":"); found {
		end := len(port) - len(strings.TrimLeft(port, "0123456789"))
		// No leading zero: one port has one spelling.
		if n, err := strconv.ParseUint(port[:end], 10, 16); err != nil || n == 0 || port[0] == '0' {
			return "", false
		}
		s = port[end:]
	}
	return s, s == "" || s[0] == '/' || s[0] == '?'
}
