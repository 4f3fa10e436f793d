package config

import (
	"net"
	"net/netip"
	"strconv"
)

func (c Config) dns() []Problem {
	if c.DNS.Resolver == "" {
		return nil
	}
	host, port, err := net.SplitHostPort(c.DNS.Resolver)
	_, digits := netip.ParseAddr(host)
	if number, bad := strconv.ParseUint(port, 10, 16); err == nil && bad == nil && number > 0 &&
		(digits == nil || len(host) <= 253 && hostname.MatchString(host)) {
		return nil
	}
	return broken("dns.resolver", "must be host:port such as 192.0.2.53:53")
}
