package federation

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"

	"sallyport/storage/db"
	"sallyport/storage/id"
	"sallyport/storage/seal"
)

// Connection is a tenant's identity provider.
type Connection struct {
	ID       id.Connection
	Tenant   id.Tenant
	Kind     Kind
	Name     string
	Settings Settings
	// Secret is sealed; Directory.Relying opens it.
	Secret   []byte
	Version  int
	Disabled bool
}

// Handle names the connection in addresses of ours, "<tenant>.<connection>".
func (c Connection) Handle() string { return c.Tenant.String() + "." + c.ID.String() }

// ParseHandle reads what Handle wrote; only the canonical spelling is one.
func ParseHandle(s string) (t id.Tenant, c id.Connection, ok bool) {
	left, right, _ := strings.Cut(s, ".")
	if t.Parse(left) != nil || c.Parse(right) != nil {
		return id.Tenant{}, id.Connection{}, false
	}
	return t, c, true
}

// RedirectURI is where the provider sends its answers. Each connection has its own, so that the answer of one provider is
// nothing at the address of another (RFC 9700, 4.4; gauntlet G09).
func (c Connection) RedirectURI(public *url.URL) string {
	return public.JoinPath("federation", c.Handle(), "callback").String()
}

func (c Connection) place() seal.Place {
	return seal.Place{Tenant: c.Tenant, Table: "connections", Row: c.ID.String(), Column: "secret"}
}

func read(row db.Connection) (Connection, error) {
	c := Connection{ID: row.ID, Tenant: row.TenantID, Kind: Kind(row.Kind), Name: row.Name, Secret: row.Secret, Version: int(row.Version), Disabled: row.Disabled}
	if err := json.Unmarshal(row.Settings, &c.Settings); err != nil {
		return Connection{}, fmt.Errorf("decode settings of connection %s: %w", c.ID, err)
	}
	return c, nil
}
