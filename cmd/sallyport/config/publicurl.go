package config

import (
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// The last label begins with a letter: browsers read a name ending in a number
// as an IPv4 address, netip does not.
var hostname = regexp.MustCompile(`^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$`)

// publicURL accepts one spelling of an origin: the issuer is compared as a
// string (OpenID Connect Discovery section 4.3), and so is a browser's Origin.
func publicURL(text string) []Problem {
	if text == "" {
		return nil
	}
	parsed, err := url.Parse(text)
	if err != nil || parsed.Host == "" {
		return broken("public_url", "must be an absolute URL such as https://id.example.com")
	}
	if message := fault(text, parsed); message != "" {
		return broken("public_url", "%s", message)
	}
	return nil
}

func fault(text string, u *url.URL) string {
	switch {
	case u.User != nil:
		return "must not contain a user name or password"
	case strings.ContainsAny(text, "?#"):
		return "must not have a query or a fragment"
	case u.Path == "/":
		return "must not end in a slash"
	case u.Path != "":
		return "must not have a path"
	case u.Scheme != "https" && !(u.Scheme == "http" && loopback(u.Hostname())):
		return "must begin with https://; http:// is for localhost, 127.0.0.0/8 and [::1] only"
	case !plainHost(u) || text != u.Scheme+"://"+u.Host:
		return "must be scheme, lower-case host and at most a port; other alphabets as xn--"
	case !plainPort(u):
		return "must have a port between 1 and 65535 or none; the default one is left out"
	}
	return ""
}

func loopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && !addr.Is4In6() && addr.IsLoopback()
}

func plainHost(u *url.URL) bool {
	host := u.Hostname()
	addr, err := netip.ParseAddr(host)
	if err != nil {
		return len(host) <= 253 && hostname.MatchString(host)
	}
	return addr.String() == host && addr.Zone() == "" && !addr.Is4In6()
}

func plainPort(u *url.URL) bool {
	port, isDefault := u.Port(), map[string]string{"https": "443", "http": "80"}[u.Scheme]
	if port == "" {
		return !strings.HasSuffix(u.Host, ":")
	}
	number, err := strconv.ParseUint(port, 10, 16)
	return err == nil && number > 0 && port != isDefault && port[0] != '0'
}
