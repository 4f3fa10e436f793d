package config_test

import (
	"testing"
)

func TestResolverIsHostAndPort(t *testing.T) {
	t.Parallel()
	for resolver, good := range map[string]bool{
		"": true, "192.0.2.53:53": true, "[2001:db8::53]:5353": true, "dns.example.com:53": true,
		"192.0.2.53": false, ":53": false, "192.0.2.53:0": false, "192.0.2.53:dns": false, "192.0.2.53:65536": false,
		"https://dns.example.com/": false, "dns example:53": false, "2001:db8::53:53": false,
	} {
		c := standard()
		c.DNS.Resolver = resolver
		problems := c.Validate()
		if good != (len(problems) == 0) {
			t.Errorf("%q: %v", resolver, problems)
		}
		if !good && (len(problems) != 1 || problems[0].Path != "dns.resolver") {
			t.Errorf("%q: %v", resolver, problems)
		}
	}
}
