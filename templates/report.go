package templates

import "time"

// Report is the policy that is only watched. Beginning one posts "document" (JSON) to Action, ending it posts "report" to EndAction.
type Report struct {
	Frame
	Action     string
	Document   string // what was typed, or the policy in force
	Running    bool
	ID         string // of the one that is watched
	Since      time.Time
	Rows       []ReportRow
	Watched    string // the document that is watched
	EndAction  string
	EnforceURL string // page that asks before it comes into force
	BackURL    string // empty hides the link
}

func (p Report) view() view {
	return view{file: "report.html", title: "report.title", wide: true}
}

// ReportRow counts the sign-ins that went as Before and would have gone as After, both outcomes as in the messages.
type ReportRow struct {
	Before, After   string
	SignIns, People int
}
