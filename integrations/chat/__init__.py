"""The one grammar of `/incident …`: the portal's command bar and the API speak it, and chat tools will."""
