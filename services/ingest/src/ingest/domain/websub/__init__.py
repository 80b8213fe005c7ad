"""WebSub (W3C Recommendation, 2018) from the subscriber's side: what is wanted, asked, believed, and how it slows polling."""
