package templates

import "time"

// SignIns lists past sign-ins, newest first; asking for one person's sends "person", an address, to Action by GET.
type SignIns struct {
	Frame
	Action  string
	Person  string // what was typed
	Rows    []SignInRow
	BackURL string // empty hides the link
}

func (p SignIns) view() view {
	return view{file: "signins.html", title: "signins.title", wide: true}
}

// SignInRow is one of them.
type SignInRow struct {
	At                  time.Time
	Person, Client, URL string
	Refused             bool
}

// Explained is one sign-in with what was decided and why.
type Explained struct {
	Frame
	At                             time.Time
	Person, Client, Address        string
	Refused                        bool
	Sentences                      []Passage
	Rule, Required, Reached, Event string
	Policy                         int // version in force then; 0 hides it
	BackURL                        string
}

func (p Explained) view() view {
	return view{file: "explained.html", title: "explained.title", wide: true}
}
