package client

import (
	"fmt"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
)

var (
	// uriForm leaves out all that some browser drops, rewrites or reads as a delimiter: control characters,
	// spaces, backslashes, quotes, brackets of markup, and the fragment.
	uriForm  = regexp.MustCompile(`^[A-Za-z0-9._~:/?\[\]@!$&'()*+,;=%-]{1,1000}$`)
	hostForm = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*|\[[0-9a-f:]+\])(:[1-9][0-9]{0,4})?$`)
	// A private scheme is a domain name backwards (RFC 8252 7.1). The dot it needs keeps out everything that
	// browsers give a meaning of their own: javascript, data, vbscript, file, blob, about … (gauntlet I04).
	privateForm = regexp.MustCompile(`^[a-z][a-z0-9-]*(\.[a-z0-9][a-z0-9-]*)+$`)
)

// answers are the parameters we append; in a registered query they would arrive twice.
var answers = []string{"code", "state", "iss", "error", "error_description"}

// checkURI reports whether a client of the application type may register uri to receive answers or for
// the time after sign-out. Errors are ErrInvalid.
func checkURI(uri, applicationType string) error {
	if !uriForm.MatchString(uri) {
		return badURI(uri, "is empty, too long, or has characters that do not belong into it (a fragment is not allowed)")
	}
	u, err := url.Parse(uri)
	if err != nil || !u.IsAbs() || u.User != nil {
		return badURI(uri, "is not an absolute URI without user information")
	}
	// The parser lower-cases the scheme; the comparison of redirects does not.
	if !strings.HasPrefix(uri, u.Scheme+":") {
		return badURI(uri, "must be written in lower case up to the path")
	}
	for name := range u.Query() {
		if slices.Contains(answers, name) {
			return badURI(uri, "has a parameter that answers bring")
		}
	}
	if u.Scheme == "https" || u.Scheme == "http" {
		return checkWeb(uri, u)
	}
	if applicationType != Native || !privateForm.MatchString(u.Scheme) {
		return badURI(uri, "must begin with https://; a native application may use a scheme that is its domain name backwards")
	}
	return nil
}

func checkWeb(uri string, u *url.URL) error {
	clean := path.Clean("/" + u.Path)
	switch {
	case !hostForm.MatchString(u.Host):
		return badURI(uri, "must have a lower-case host and at most a port")
	case u.Scheme == "http" && !slices.Contains([]string{"127.0.0.1", "::1", "localhost"}, u.Hostname()):
		return badURI(uri, "must begin with https://; http:// is for 127.0.0.1, [::1] and localhost only")
	case u.Path != "" && u.Path != clean && u.Path != clean+"/":
		return badURI(uri, "has a path that is not in its simplest form")
	}
	return nil
}

func badURI(uri, says string) error { return fmt.Errorf("%w: %.200q %s", ErrInvalid, uri, says) }
