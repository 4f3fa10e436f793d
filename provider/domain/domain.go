// Package domain is the mail domains that an organisation says are its own, and the proof of it: a record in the DNS that
// only whoever runs the domain can publish.
//
// It owns the names, the challenge, the look at the DNS and when a proof is lost. What a proven domain is good for is not
// its concern: provider/recovery asks it whom administrators may help (R17), provider/federation where somebody's home is
// and which addresses may be linked. Callers beside these are the console, the command line and, for the daily look,
// whoever runs the workers.
//
// It depends on x/text for NFKC, so that a domain is read out of an address as provider/user reads it; on river for the
// daily job; on x/sync's errgroup, because slow name servers are waited for together and not one after the other.
package domain

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"sallyport/storage"
	"sallyport/storage/db"
	"sallyport/storage/id"
)

// ErrName says that something is not a domain name that can be proven; what it is wrapped in says why.
var ErrName = errors.New("not a domain name that can be proven")

// Domain is a name that a tenant says is its own.
type Domain struct {
	Name      string
	Challenge string
	// Connection is where its people sign in; nil: here.
	Connection *id.Connection
	// Proven is since when it is proven (nil: it gives no right), Checked when the DNS last gave an answer, Absent since
	// when the record of a domain that was proven is missed.
	Proven, Checked, Absent *time.Time
}

func of(row db.Domain) Domain {
	return Domain{Name: row.Name, Challenge: row.Challenge, Connection: row.ConnectionID,
		Proven: row.ProvenAt, Checked: row.CheckedAt, Absent: row.AbsentSince}
}

const prefix = "_sallyport-challenge."

// Record is the TXT record that proves a domain: where it stands and what it says. Names that begin with an underscore are
// not given away as hosts (RFC 8552), so that a customer of a hosting or dynamic DNS service cannot publish it.
func Record(name, challenge string) (host, value string) {
	return prefix + name, "sallyport-domain-verification=" + challenge
}

// letters is RFC 1035 2.3.1 in lower case, of at least two labels; an address in digits is none.
var letters = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])$`)

// Canonical is the one spelling of a domain name: lower case, no dot behind. Names in other scripts are taken in their
// xn-- form only (RFC 5890). A name of one label, such as com, is nobody's. Longer public suffixes, such as co.uk, need no
// list: only the registry can publish a record there. Errors: ErrName.
func Canonical(name string) (string, error) {
	name = strings.TrimSuffix(strings.TrimSpace(name), ".")
	lower := strings.ToLower(name)
	switch {
	case strings.ContainsFunc(name, func(r rune) bool { return r > 127 }):
		return "", fmt.Errorf("%w: write names in other scripts in their xn-- form", ErrName)
	case lower != "" && !strings.Contains(lower, "."):
		return "", fmt.Errorf("%w: a top-level domain belongs to its registry; name one below it", ErrName)
	case !letters.MatchString(lower):
		return "", fmt.Errorf("%w: it needs labels of letters, digits and hyphens with dots between them, such as example.com", ErrName)
	// RFC 1035 2.3.4 leaves 253 characters, of which the record needs some.
	case len(prefix)+len(lower) > 253:
		return "", fmt.Errorf("%w: it is too long for the record below it", ErrName)
	}
	return lower, nil
}

// Of is the canonical domain of an e-mail address, "" where it has none for sure: then it is in nobody's domain. Full-width
// letters are delivered like plain ones and count as such; other scripts in their own letters do not.
func Of(email string) string {
	key := norm.NFKC.String(strings.ToLower(norm.NFKC.String(email)))
	_, name, ok := strings.Cut(key, "@")
	if !ok {
		return ""
	}
	if name, err := Canonical(name); err == nil {
		return name
	}
	return ""
}

// Proven reports whether the address is in a domain that the tenant has proven. A name below one that is proven is another
// domain. Errors are of storage.
func Proven(ctx context.Context, q *db.Queries, t id.Tenant, email string) (bool, error) {
	name := Of(email)
	if name == "" {
		return false, nil
	}
	proven, err := q.DomainProven(ctx, db.DomainProvenParams{TenantID: t, Name: name})
	if err != nil {
		return false, fmt.Errorf("look up domain: %w", err)
	}
	return proven, nil
}

// List is all domains of the tenant by name. Errors are of storage.
func List(ctx context.Context, s *storage.Store, t id.Tenant) ([]Domain, error) {
	rows, err := s.Tenant(t).ListDomains(ctx, t)
	if err != nil {
		return nil, fmt.Errorf("list domains: %w", err)
	}
	all := make([]Domain, len(rows))
	for n, row := range rows {
		all[n] = of(row)
	}
	return all, nil
}
