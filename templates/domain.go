package templates

import "time"

// Domains lists the domains that the tenant says are its own. Adding posts "name" to Action.
type Domains struct {
	Frame
	Action      string
	Name        string // what was typed
	Rows        []DomainRow
	Connections []Option // those that people of a domain can be sent to
	BackURL     string   // empty hides the link
}

func (p Domains) view() view {
	return view{file: "domain.html", title: "domain.title", wide: true}
}

// DomainRow is one of them. Its forms post "name"; connecting posts "connection" as well, empty for none.
type DomainRow struct {
	Name          string
	State         string // "proven", "pending", "absent"
	Host, Value   string // the record to make
	Checked       time.Time
	Connection    string // value of the option chosen
	CheckAction   string
	ConnectAction string
	RemoveURL     string // page that asks before removing
}

// Option is one value of a list with what is shown for it.
type Option struct{ Value, Label string }
